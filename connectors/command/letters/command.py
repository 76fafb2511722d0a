"""The subcommand `letters`."""

from __future__ import annotations

import getpass
import os
import shlex
import socket
import sys
import time
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple, TypeVar, cast

import click
import msgspec

from connectors.base.errors import PolarshakeError, TerminalError
from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration, visible
from connectors.check.report.stored import place_of
from connectors.command.complain import complain
from connectors.command.cutover.submit import FlinkRun
from connectors.command.letters import show as texts
from connectors.command.letters.checks import DynamoKeySchemas, KeyRepair
from connectors.command.letters.ledger import LedgerEntry, grouped, ledger
from connectors.command.letters.marks import store_marks, stored_marks
from connectors.command.letters.retry import RetryOutcome, retry
from connectors.command.options import config_option, job_arguments
from connectors.command.run.flink import find_flink
from connectors.config import load
from connectors.config.choices import Direction
from connectors.config.places import is_s3
from connectors.config.settings import Settings
from connectors.dynamodb.clients import source_client
from connectors.model.dead_letters import STEM
from connectors.model.jobs import OK, PROBLEM, UNKNOWN
from connectors.model.stored_letters import stored_letters
from connectors.storage.contract import Storage
from connectors.storage.open import open_storage

REPORT = "letters-report"
F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def letters() -> None:
    """List dead letters, show them, and try them again.

    Reads the letters in deadLetter.path, which must be visible from this machine.
    """


def _common(function: F) -> F:
    for option in (
        click.option("--tables", metavar="NAMES", help="Only these tables, separated by commas."),
        click.option(
            "--set", "sets", multiple=True, metavar="KEY=VALUE", help="As for the jobs; repeatable."
        ),
        config_option(required=True),
    ):
        function = cast(F, option(function))
    return function


@letters.command("list")
@_common
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
def list_(config: str, sets: Tuple[str, ...], tables: Optional[str], machine: bool) -> None:
    """Count the dead letters by table and reason.

    Exit code: 0 none is open, 1 some are open, 2 unknown.
    """
    with _explained(machine):
        storage = _storage(_settings(config, sets))
        groups = grouped(_entries(storage, tables))
    if machine:
        click.echo(msgspec.json.format(msgspec.json.encode([group._asdict() for group in groups])))
    else:
        _print(texts.list_lines(groups, storage.place))
    sys.exit(PROBLEM if any(group.open for group in groups) else OK)


@letters.command("show")
@_common
@click.option("--reason", metavar="TEXT", help="Only letters whose reason contains this text.")
@click.option("--all", "all_", is_flag=True, help="Settled letters too.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="Maximum letters.")
@click.option("--json", "machine", is_flag=True, help="Print one line of JSON per letter.")
def show(
    config: str,
    sets: Tuple[str, ...],
    tables: Optional[str],
    reason: Optional[str],
    all_: bool,
    limit: int,
    machine: bool,
) -> None:
    """Print dead letters with their items.

    Exit code: 0, or 2 if they cannot be read.
    """
    with _explained(machine):
        entries = _entries(_storage(_settings(config, sets)), tables)
    wanted = [entry for entry in entries if (all_ or entry.open) and (reason or "") in entry.letter.reason]
    for entry in wanted[:limit]:
        _print([texts.as_json(entry)] if machine else texts.letter_lines(entry))
    if len(wanted) > limit:
        click.echo(f"{len(wanted) - limit:,} more: see --limit", err=True)


@letters.command("retry")
@_common
@click.option(
    "--direction",
    type=click.Choice([direction.value for direction in Direction]),
    default=Direction.FORWARD.value,
    show_default=True,
    help="Which side is authoritative: DynamoDB (forward) or PolarDB.",
)
@click.option("--report", metavar="PLACE", help=f"Place of the check's report. Default: {REPORT}.")
@click.option("--flink-command", metavar="WORDS", help="What starts a job. Default: flink.")
@click.option("--parallelism", type=click.IntRange(1, 4096), help="Parallelism of the check.")
def retry_(
    config: str,
    sets: Tuple[str, ...],
    tables: Optional[str],
    direction: str,
    report: Optional[str],
    flink_command: Optional[str],
    parallelism: Optional[int],
) -> None:
    """Compare the keys of the open letters, repair them, and mark what is equal.

    Runs the check with --keys and --repair: it reads the present item of each
    key from the authoritative side. The letters' own items are not written.
    Letters are marked as settled, and never deleted.

    Exit code: 0 all are settled, 1 some are still open, 2 unknown.
    """
    with _explained():
        settings = _settings(config, sets)
        settings = replace(
            settings,
            check=replace(settings.check, direction=Direction(direction), report=report or REPORT),
        )
        storage = _storage(settings)
        flink = shlex.split(flink_command) if flink_command else find_flink()
        runner = FlinkRun(flink, job_arguments(config, sets), place_of(settings), parallelism)
        outcome = _retried(storage, settings, runner, tables)
    _print(texts.retry_lines(outcome, runner.report))
    sys.exit(UNKNOWN if outcome.problems else PROBLEM if outcome.refused or outcome.left else OK)


def _retried(storage: Storage, settings: Settings, runner: FlinkRun, tables: Optional[str]) -> RetryOutcome:
    wanted = [entry.letter for entry in _entries(storage, tables) if entry.open]
    by = f"{getpass.getuser()}@{socket.gethostname()}"
    with closing(source_client(settings)) as dynamodb:
        outcome = retry(wanted, DynamoKeySchemas(dynamodb), KeyRepair(runner, settings), by, time.time)
    store_marks(storage, outcome.marks)
    return outcome


def _settings(config: str, sets: Tuple[str, ...]) -> Settings:
    return load(job_arguments(config, sets), os.environ)


def _storage(settings: Settings) -> Storage:
    """Raises TerminalError if there is no place, or if it cannot be read from this machine."""
    place = settings.dead_letter.path
    if not place:
        raise TerminalError(
            "deadLetter.path is not set: the first rejected item stops the job, and no letter exists"
        )
    if not is_s3(place) and not os.path.isdir(place):
        raise TerminalError(
            f"{place} does not exist on this machine. Run the command where the workers run, or where the "
            "same folder is mounted"
        )
    return open_storage(place, "deadLetter.path", settings)


def _entries(storage: Storage, tables: Optional[str]) -> List[LedgerEntry]:
    names = {name.strip() for name in tables.split(",")} if tables else None
    lines = (line for name in storage.names(STEM) for line in storage.lines(name))
    kept = (letter for letter in stored_letters(lines) if names is None or letter.table in names)
    return ledger(kept, stored_marks(storage))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(visible(line))


@contextmanager
def _explained(silent: bool = False) -> Iterator[None]:
    """Prints a PolarshakeError and ends the command with UNKNOWN. Says every few seconds that it works."""
    try:
        with nullcontext() if silent else heartbeat(_works):
            yield
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)


def _works(seconds: float) -> None:
    click.echo(f"working, {duration(seconds)} so far", err=True)
