"""Options that several subcommands share."""

from __future__ import annotations

import os
from typing import Any, Callable, List, Optional, Sequence

import click

DEFAULT_FILE = "application.yaml"
"""Read from the working directory if neither --config nor POLARSHAKE_CONFIG is given."""

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def config_option(required: bool = False) -> Decorator:
    option: Decorator = click.option(
        "--config",
        envvar="POLARSHAKE_CONFIG",
        required=required,
        metavar="FILE",
        default=default_file,
        help=f"The jobs' configuration. Default: {DEFAULT_FILE} in this folder. "
        "Environment: POLARSHAKE_CONFIG.",
    )
    return option


def flink_option(required: bool = True) -> Decorator:
    option: Decorator = click.option(
        "--flink",
        envvar="POLARSHAKE_FLINK",
        required=required,
        metavar="URL",
        help="Address of Flink's web UI, such as 127.0.0.1:8081. Environment: POLARSHAKE_FLINK.",
    )
    return option


def job_arguments(config: Optional[str], sets: Sequence[str]) -> List[str]:
    """The arguments of a job that `--config` and `--set` stand for."""
    return [*(["--config", config] if config else []), *(word for pair in sets for word in ("--set", pair))]


def default_file() -> Optional[str]:
    return DEFAULT_FILE if os.path.isfile(DEFAULT_FILE) else None
