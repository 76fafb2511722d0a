"""The subcommands `table` and `throttle`."""

from __future__ import annotations

import getpass
import os
import shlex
import socket
import sys
import time
from typing import Any, Callable, List, Optional, Tuple, TypeVar, cast

import click

from connectors.base.errors import PolarshakeError
from connectors.base.text import visible
from connectors.command.complain import complain
from connectors.command.options import config_option, job_arguments
from connectors.command.table.placing import open_commands, place_and_wait
from connectors.command.table.show import exit_code
from connectors.config import load
from connectors.model.commands import SETTINGS, Action, OperatorCommand
from connectors.model.jobs import UNKNOWN

F = TypeVar("F", bound=Callable[..., Any])


def _common(function: F) -> F:
    for option in (
        click.option(
            "--patience-seconds",
            default=60.0,
            show_default=True,
            type=click.FloatRange(1.0),
            help="How long to wait for the job's answer.",
        ),
        click.option(
            "--set", "sets", multiple=True, metavar="KEY=VALUE", help="As for the jobs; repeatable."
        ),
        config_option(required=True),
    ):
        function = cast(F, option(function))
    return function


@click.group()
def table() -> None:
    """Suspend, resume, copy again or release tables while the job runs.

    The job is the forward job. Each command is stored in control.path, where
    the job looks every two seconds. NAMES are tables or globs, perhaps with the number of a
    suspension, such as orders@1.

    Exit code: 0 done, 1 the job refuses, 2 unknown: the job does not answer.
    """


@table.command()
@_common
@click.argument("names", nargs=-1, required=True)
def suspend(names: Tuple[str, ...], config: str, sets: Tuple[str, ...], patience_seconds: float) -> None:
    """Read and write nothing of these tables. The others go on.

    Resume them within 24 hours: DynamoDB keeps changes no longer.
    """
    _give(Action.SUSPEND, names, config, sets, patience_seconds)


@table.command()
@_common
@click.argument("names", nargs=-1, required=True)
def resume(names: Tuple[str, ...], config: str, sets: Tuple[str, ...], patience_seconds: float) -> None:
    """Go on with suspended tables where they were.

    Refused if the copy of a table is incomplete.
    """
    _give(Action.RESUME, names, config, sets, patience_seconds)


@table.command()
@_common
@click.argument("names", nargs=-1, required=True)
def rescan(names: Tuple[str, ...], config: str, sets: Tuple[str, ...], patience_seconds: float) -> None:
    """Copy these tables again, whether they are suspended or not.

    Target items that the source does not have are deleted.
    """
    _give(Action.RESCAN, names, config, sets, patience_seconds)


@table.command()
@_common
@click.argument("names", nargs=-1, required=True)
def release(names: Tuple[str, ...], config: str, sets: Tuple[str, ...], patience_seconds: float) -> None:
    """Move these tables no more. What was copied stays at the target."""
    _give(Action.RELEASE, names, config, sets, patience_seconds)


class RateOrSettings(click.ParamType):
    """A rate, or the word settings."""

    name = "rate"

    def convert(self, value: Any, param: Optional[click.Parameter], ctx: Optional[click.Context]) -> float:
        if value == "settings":
            return SETTINGS
        rate: float = click.FloatRange(0.0, 1e9).convert(value, param, ctx)
        if rate != rate:  # not a number
            self.fail("must be a number from 0, or settings", param, ctx)
        return rate


@click.command()
@_common
@click.option("--table", "names", multiple=True, metavar="NAME", help="Only this table; repeatable.")
@click.option("--scan", type=RateOrSettings(), metavar="RATE", help="As scan.readLimit.rate; 0: no limit.")
@click.option("--write", type=RateOrSettings(), metavar="RATE", help="As write.limit; 0: no limit.")
def throttle(
    names: Tuple[str, ...],
    scan: Optional[float],
    write: Optional[float],
    config: str,
    sets: Tuple[str, ...],
    patience_seconds: float,
) -> None:
    """Change the rates of the scan and of writing while the job runs.

    RATE is per second and table, or the word settings, which takes a change
    back. Without --table, the rates are for all tables without rates of their
    own. They last over restarts and savepoints.

    Exit code: 0 done, 1 the job refuses, 2 unknown: the job does not answer.
    """
    if scan is None and write is None:
        raise click.UsageError("give --scan, --write or both")
    rates = [word for name, rate in (("scan", scan), ("write", write)) for word in _rate_words(name, rate)]
    words = ["polarshake", "throttle", *(word for name in names for word in ("--table", name)), *rates]
    command = command_of(Action.THROTTLE, list(names), shlex.join(words), scan=scan, write=write)
    send(command, config, sets, patience_seconds)


def _rate_words(name: str, rate: Optional[float]) -> List[str]:
    return [] if rate is None else [f"--{name}", "settings" if rate == SETTINGS else f"{rate:g}"]


def _give(
    action: Action, names: Tuple[str, ...], config: Optional[str], sets: Tuple[str, ...], patience: float
) -> None:
    line = shlex.join(["polarshake", "table", action.value, *names])
    send(command_of(action, list(names), line), config, sets, patience)


def command_of(action: Action, tables: List[str], line: str, **rates: Optional[float]) -> OperatorCommand:
    by = f"{getpass.getuser()}@{socket.gethostname()}"
    return OperatorCommand(action, tables, by, os.getpid(), time.time(), line, **rates)


def send(command: OperatorCommand, config: Optional[str], sets: Tuple[str, ...], patience: float) -> None:
    """Give the command to the job, print what has become of it, and exit."""
    try:
        stored = open_commands(load(job_arguments(config, sets), os.environ))
        answer = place_and_wait(stored, command, patience, lambda line: click.echo(visible(line)))
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)
    sys.exit(exit_code(answer))
