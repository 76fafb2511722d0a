"""Values by dotted path -> settings, checked by the declarations that the jobs' configuration has. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from connectors.base.errors import ConfigError
from connectors.config import Settings, load
from connectors.config.mistakes import ConfigErrors
from connectors.config.reference import flow

Values = Mapping[str, Any]
"""As YAML holds them: {"filter.whiteTableSet": "orders;user_*", "scan.limit": 128}."""


def settings_of(values: Values) -> Settings:
    """Raises ConfigError; its `key` is the dotted path."""
    return load([f"--set={path}={flow(value)}" for path, value in values.items()], {})


def told(error: ConfigError) -> str:
    """A line for each mistake, without the place: the values came from no file."""
    errors = error.errors if isinstance(error, ConfigErrors) else (error,)
    return "\n".join(f"{one.key} {problem(one)}" for one in errors)


def problem(error: ConfigError) -> str:
    """What is wrong with one value, and what would do. Never the value: it may be a secret."""
    allowed = f"; allowed: {', '.join(error.allowed)}" if error.allowed else ""
    return f"{error.problem}{allowed}"
