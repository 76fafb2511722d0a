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
from connectors.command.complain import complain
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
        observer = JobObserver(jobs, job)
        observed = _watched(observer, jobs.address, as_json) if watch else observer.once()
        if not watch:
            _print(observed, jobs.address, as_json)
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)
    sys.exit(exit_code([each.job for each in observed]))


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    return Console(highlight=False, width=min(WIDTH, console.width))


def _print(observed: List[ObservedJob], address: str, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(_document(observed, address), indent=2))
    else:
        _console().print(_pictures(observed))


def _pictures(observed: List[ObservedJob]) -> RenderableType:
    now = time.time()
    return Group(*(picture(each.job, each.rates, now, each.failure) for each in observed))


def _document(observed: List[ObservedJob], address: str) -> bytes:
    jobs = [document.job(each.job, each.rates, each.failure) for each in observed]
    return msgspec.json.encode(document.status(address, time.time(), jobs))


def _watched(observer: JobObserver, address: str, as_json: bool) -> List[ObservedJob]:
    """The last result. Returns when the jobs have ended, or on Ctrl-C."""
    observed = observer.poll()
    with _shown(address, as_json) as show:
        try:
            while True:
                show(observed)
                if all(each.job.state in ENDED for each in observed):
                    return observed
                time.sleep(EVERY)
                observed = _again(observer, observed)
        except KeyboardInterrupt:
            return observed


@contextmanager
def _shown(address: str, as_json: bool) -> Iterator[Callable[[List[ObservedJob]], None]]:
    """A display that is redrawn in a terminal; without a terminal, one display after the other."""
    console = _console()
    if as_json:
        yield lambda observed: click.echo(_document(observed, address))
    elif console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            yield lambda observed: live.update(_pictures(observed))
    else:
        yield lambda observed: console.print(_pictures(observed))


def _again(observer: JobObserver, before: List[ObservedJob]) -> List[ObservedJob]:
    try:
        return observer.poll()
    except TransientError as error:  # a JobManager that is busy
        complain(error)
        return before
