"""Settings from values by dotted path, with the same checks as the jobs' configuration. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from connectors.base.errors import ConfigError
from connectors.config import Settings, load
from connectors.config.mistakes import ConfigErrors
from connectors.config.overrides import FILTERS
from connectors.config.reference import flow

Values = Mapping[str, Any]
"""As in YAML: {"filter.whiteTableSet": "orders;user_*", "scan.limit": 128}."""


def settings_of(values: Values) -> Settings:
    """An empty text is the key's default. Raises ConfigError; its `key` is the dotted path."""
    given = {path: value for path, value in values.items() if value != ""}
    return load([f"--set={path}={flow(value)}" for path, value in given.items()], {})


def refuse_emptied(old: str, before: Values, values: Values) -> None:
    """Raises ConfigError for an option that empties a filter of the old file: every table would be
    migrated."""
    for path, remedy in FILTERS.items():
        value = values.get(path)
        if before.get(path) and not (value.strip(" \t\r\n;,") if isinstance(value, str) else value):
            raise ConfigError("arguments", path, f"is empty but is set in {old}; {remedy}")


def error_lines(error: ConfigError) -> str:
    """A line for each error, without a position in a file."""
    errors = error.errors if isinstance(error, ConfigErrors) else (error,)
    return "\n".join(f"{_named(error)} {problem(error)}" for error in errors)


def _named(error: ConfigError) -> str:
    """The key or, if it is not fit to be shown, its place."""
    return f"{error.where}: {error.key}" if "?" in error.key.split(".") else error.key


def problem(error: ConfigError) -> str:
    """Why a value is invalid, and which values are allowed. Never contains the value: it may be a secret."""
    allowed = f"; allowed: {', '.join(error.allowed)}" if error.allowed else ""
    return f"{error.problem}{allowed}"
