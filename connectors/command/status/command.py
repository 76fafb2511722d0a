"""The subcommand `status`."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import Callable, Iterator, List, Optional

import click
import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live

from connectors.base.errors import PolarshakeError, TransientError
from connectors.command.progress.flink import FlinkJobs
from connectors.command.progress.states import ENDED
from connectors.command.status import document
from connectors.command.status.choose import exit_code
from connectors.command.status.observer import JobObserver, ObservedJob
from connectors.command.status.view import picture
from connectors.model.jobs import UNKNOWN

EVERY = 2.0
"""Seconds between two polls."""
WIDTH = 80


@click.command()
@click.option("--flink", required=True, metavar="URL", help="Address of Flink's web UI.")
@click.option("--job", metavar="ID", help="Show only this job; the first characters of its id suffice.")
@click.option("--watch", is_flag=True, help="Refresh every two seconds, until the job ends.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --watch, one object per line.")
def status(flink: str, job: Optional[str], watch: bool, as_json: bool) -> None:
    """Show what the jobs do: tables, shards, replication slots, checkpoints.

    Exit code: 0 running, 1 failed or not running, 2 unknown.
    """
    try:
        jobs = FlinkJobs(flink)
        looker = JobObserver(jobs, job)
        seen = _watched(looker, jobs.address, as_json) if watch else looker.once()
        if not watch:
            _print(seen, jobs.address, as_json)
    except PolarshakeError as error:
        click.echo(str(error), err=True)
        sys.exit(UNKNOWN)
    sys.exit(exit_code([one.job for one in seen]))


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    return Console(highlight=False, width=min(WIDTH, console.width))


def _print(seen: List[ObservedJob], address: str, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(_document(seen, address), indent=2))
    else:
        _console().print(_pictures(seen))


def _pictures(seen: List[ObservedJob]) -> RenderableType:
    now = time.time()
    return Group(*(picture(one.job, one.rates, now, one.failure) for one in seen))


def _document(seen: List[ObservedJob], address: str) -> bytes:
    jobs = [document.job(one.job, one.rates, one.failure) for one in seen]
    return msgspec.json.encode(document.status(address, time.time(), jobs))


def _watched(looker: JobObserver, address: str, as_json: bool) -> List[ObservedJob]:
    """The last result. Returns when the jobs have ended, or on Ctrl-C."""
    seen = looker.look()
    with _shown(address, as_json) as show:
        try:
            while True:
                show(seen)
                if all(one.job.state in ENDED for one in seen):
                    return seen
                time.sleep(EVERY)
                seen = _again(looker, seen)
        except KeyboardInterrupt:
            return seen


@contextmanager
def _shown(address: str, as_json: bool) -> Iterator[Callable[[List[ObservedJob]], None]]:
    """A display that is redrawn in a terminal; without a terminal, one display after the other."""
    console = _console()
    if as_json:
        yield lambda seen: click.echo(_document(seen, address))
    elif console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            yield lambda seen: live.update(_pictures(seen))
    else:
        yield lambda seen: console.print(_pictures(seen))


def _again(looker: JobObserver, before: List[ObservedJob]) -> List[ObservedJob]:
    try:
        return looker.look()
    except TransientError as error:  # a JobManager that is busy
        click.echo(str(error), err=True)
        return before
