"""The command line. Messages never repeat what the user typed, because it may be a secret."""

from __future__ import annotations

import argparse
import re
from typing import Dict, List, NamedTuple, NoReturn, Optional, Sequence

from connectors.base.errors import ConfigError
from connectors.config.credentials import SECRET_KEYS
from connectors.config.document import Given, Tree, parse
from connectors.config.keys import paths
from connectors.config.mistakes import Mistakes, did_you_mean
from connectors.config.settings import Settings

EXAMPLES = """\
examples:
  flink run -py jobs/forward.py --config application.yaml
  flink run -py jobs/forward.py --config application.yaml --set "filter.whiteTableSet=orders;user_*"
  flink run -py jobs/forward.py --config application.yaml --set mode=full --set dynamodb.endpoint=http://127.0.0.1:8000

--set overrides the file. Secrets in the environment do not appear in process lists.
`python -m connectors.config` prints every key with its type, unit and default.
"""


class Arguments(NamedTuple):
    config: Optional[str]
    sets: Sequence[str]
    secrets: Dict[str, Optional[str]]
    """By option, such as `--dynamodbak`."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raises ConfigError with the option's name only: argparse's own text may contain a value."""
        option = re.match(r"argument (-[^:\s]*): expected one argument", message)
        if option:
            raise ConfigError("arguments", option.group(1).split("/")[-1], "needs a value")
        raise ConfigError("arguments", "the command line", "cannot be understood; -h shows what is allowed")


def parser() -> argparse.ArgumentParser:
    arguments = _Parser(
        prog="JOB",
        description="Move tables between Amazon DynamoDB and PolarDB for PostgreSQL.",
        epilog=EXAMPLES,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    arguments.add_argument(
        "--config", metavar="PATH", help="the configuration file; without it, the defaults"
    )
    arguments.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="sets",
        help="set any key of the file; the value is YAML; may be repeated",
    )
    for key in SECRET_KEYS:
        arguments.add_argument(
            key.option, metavar="SECRET", help=f"{key.side}: {key.meaning}. Environment: {key.variable}"
        )
    return arguments


def read(argv: Sequence[str], mistakes: Mistakes) -> Arguments:
    """Raises ConfigError for an option without its value, SystemExit(0) after -h."""
    options, _ = parser().parse_known_args(_attached(argv))
    _refuse_unknown(argv, mistakes)
    secrets = {key.option: getattr(options, key.option[2:]) for key in SECRET_KEYS}
    return Arguments(options.config, options.sets, secrets)


OPTIONS = ("--config", "--set", *(key.option for key in SECRET_KEYS))


def _attached(argv: Sequence[str]) -> List[str]:
    """`--option value` as `--option=value`, so that a password may begin with a dash."""
    attached: List[str] = []
    for word in argv:
        if attached and attached[-1] in OPTIONS and word not in OPTIONS:
            attached[-1] += f"={word}"
        else:
            attached.append(word)
    return attached


def _refuse_unknown(argv: Sequence[str], mistakes: Mistakes) -> None:
    """Adds a mistake for each unknown argument: its number, and the known name that is closest to it."""
    value_expected = False
    for place, word in enumerate(argv, 1):
        name = word.split("=")[0]
        if name in OPTIONS:
            value_expected = "=" not in word
            continue
        if not value_expected:
            mistakes.add("arguments", f"argument {place}", f"is not known{_hint(name)}")
            value_expected = word.startswith("--") and "=" not in word
            continue
        value_expected = False


def _hint(name: str) -> str:
    if not name.startswith("-"):
        return "; every value needs an option before it, -h shows them"
    near = did_you_mean(name, OPTIONS)
    if near:
        return f" (did you mean {near}?)"
    setting = did_you_mean(name.lstrip("-"), paths(Settings))
    return f" (did you mean --set {setting}=VALUE?)" if setting else "; -h shows what is allowed"


def trees_of(sets: Sequence[str], mistakes: Mistakes) -> List[Tree]:
    """Each `a.b=value` as the tree {a: {b: value}}."""
    trees = []
    for number, text in enumerate(sets, 1):
        path, equals, value = text.partition("=")
        place = f"--set number {number}"
        if not equals:
            mistakes.add(place, "its value", "must be KEY=VALUE")
            continue
        words = path.strip().split(".")
        try:
            trees.append(_nested(words, parse(value, place, _fit_to_show(words))))
        except ConfigError as error:
            mistakes.errors.append(error)
    return trees


def _nested(words: Sequence[str], given: Given) -> Tree:
    for depth in range(len(words) - 1, 0, -1):
        given = Given({words[depth]: given}, "", given.where, _fit_to_show(words[:depth]))
    return {words[0]: given}


_LIKE_A_KEY = re.compile(r"[a-z][A-Za-z]{0,23}").fullmatch
"""Secrets of AWS and PolarDB do not match: they are longer, or contain digits or punctuation."""


def _fit_to_show(words: Sequence[str]) -> str:
    """The path, with `?` for each word that is neither a key nor spelled like one.

    Without this, a secret that ends in = would be shown as if it were a key.
    """
    known = {path.rsplit(".", drop)[0] for path in paths(Settings) for drop in range(3)}
    return ".".join(
        word if ".".join(words[: depth + 1]) in known or _LIKE_A_KEY(word) else "?"
        for depth, word in enumerate(words)
    )
