"""Settings from arguments, environment and file."""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping, Sequence

from connectors.config import arguments, credentials, legacy, rules
from connectors.config.build import build, overlay
from connectors.config.document import read_file
from connectors.config.mistakes import Mistakes
from connectors.config.overrides import refuse_emptied
from connectors.config.settings import Settings


def load(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """The settings. Arguments override the environment, the environment the file, the file the defaults.

    `argv` has no program name. Raises ConfigError with all mistakes, and SystemExit(0) after -h.
    """
    mistakes = Mistakes()
    given = arguments.read(argv, mistakes)
    tree = legacy.translate(read_file(given.config), mistakes) if given.config is not None else {}
    for upper in arguments.trees_of(given.sets, mistakes):
        lower, tree = tree, overlay(Settings, tree, upper)
        refuse_emptied(lower, tree, mistakes)
    settings = build(tree, mistakes)
    settings = _with_credentials(settings, given.secrets, environ, mistakes)
    rules.check(settings, tree, mistakes)
    mistakes.stop_if_any()
    return settings


def _with_credentials(
    settings: Settings, options: credentials.Options, environ: Mapping[str, str], mistakes: Mistakes
) -> Settings:
    return replace(
        settings,
        dynamodb=replace(
            settings.dynamodb,
            access_key=credentials.access_key(credentials.DYNAMODB_KEY, options, environ, mistakes),
        ),
        polardb=replace(
            settings.polardb,
            access_key=credentials.access_key(credentials.POLARDB_KEY, options, environ, mistakes),
            login=credentials.login(options, environ, mistakes),
        ),
        mongodb=replace(settings.mongodb, secret_uri=credentials.uri(options, environ, mistakes)),
        notify=replace(settings.notify, webhook=credentials.webhook(options, environ, mistakes)),
        storage=replace(
            settings.storage,
            access_key=credentials.access_key(credentials.STORAGE_KEY, options, environ, mistakes),
        ),
    )
