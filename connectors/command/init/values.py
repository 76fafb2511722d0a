"""Settings from values by dotted path, with the same checks as the jobs' configuration. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from connectors.base.errors import ConfigError
from connectors.config import Settings, load
from connectors.config.mistakes import ConfigErrors
from connectors.config.reference import flow

Values = Mapping[str, Any]
"""As in YAML: {"filter.whiteTableSet": "orders;user_*", "scan.limit": 128}."""


def settings_of(values: Values) -> Settings:
    """Raises ConfigError; its `key` is the dotted path."""
    return load([f"--set={path}={flow(value)}" for path, value in values.items()], {})


def error_lines(error: ConfigError) -> str:
    """A line for each error, without a position in a file."""
    errors = error.errors if isinstance(error, ConfigErrors) else (error,)
    return "\n".join(f"{error.key} {problem(error)}" for error in errors)


def problem(error: ConfigError) -> str:
    """Why a value is invalid, and which values are allowed. Never contains the value: it may be a secret."""
    allowed = f"; allowed: {', '.join(error.allowed)}" if error.allowed else ""
    return f"{error.problem}{allowed}"
