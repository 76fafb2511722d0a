"""The subcommand `status`."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, nullcontext
from typing import Callable, ContextManager, Iterator, List, Optional, Tuple

import click
import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live

from connectors.base.errors import PolarshakeError, TransientError
from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration, visible
from connectors.command.complain import complain
from connectors.command.options import config_option, flink_option, job_arguments
from connectors.command.progress.flink import FlinkJobs
from connectors.command.progress.states import ENDED
from connectors.command.status import document
from connectors.command.status.choose import exit_code
from connectors.command.status.health import health_lines, rules_of, together
from connectors.command.status.observer import JobObserver, ObservedJob
from connectors.command.status.view import picture
from connectors.config import load
from connectors.model.jobs import UNKNOWN

EVERY = 2.0
"""Seconds between two polls."""
WIDTH = 80


@click.command()
@flink_option()
@click.option("--job", metavar="ID", help="Show only this job; the first characters of its id suffice.")
@click.option("--watch", is_flag=True, help="Refresh every two seconds, until the job ends.")
@click.option("--shards", is_flag=True, help="Show the shards of each table's stream, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --watch, one object per line.")
@click.option("--health", is_flag=True, help="Say only what needs attention, and what to do.")
@config_option()
def status(
    flink: str,
    job: Optional[str],
    watch: bool,
    shards: bool,
    as_json: bool,
    health: bool,
    config: Optional[str],
) -> None:
    """Show what the jobs do: tables, shards, replication slots, checkpoints.

    Exit code: 0 running, 1 failed or not running, 2 unknown. With --health:
    0 well, 1 needs attention, 2 unknown; --config is for health.lagSeconds
    and checkpoint.interval.
    """
    if health and watch:
        raise click.UsageError("--health and --watch exclude each other")
    try:
        jobs = FlinkJobs(flink)
        if watch:
            observed = _watched(JobObserver(jobs, job), jobs.address, as_json, shards)
        elif health:
            # A cron job would send the lines by mail.
            with _waiting(as_json or not sys.stderr.isatty()):
                code, said = _health(JobObserver(jobs, job), jobs.address, as_json, config)
            click.echo(said)
            sys.exit(code)
        else:
            with _waiting(as_json):
                observed = JobObserver(jobs, job).once()
            _print(observed, jobs.address, as_json, shards)
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)
    sys.exit(exit_code([each.job for each in observed]))


def _waiting(silent: bool) -> ContextManager[None]:
    """Lines on the error stream while Flink measures: a speed needs two measurements."""
    return nullcontext() if silent else heartbeat(_waits)


def _waits(seconds: float) -> None:
    click.echo(f"waiting for Flink's measurements, {duration(seconds)} so far", err=True)


def _health(observer: JobObserver, address: str, as_json: bool, config: Optional[str]) -> Tuple[int, str]:
    """The exit code, and what is printed."""
    settings = load(job_arguments(config, ()), os.environ)
    healths = observer.healths(rules_of(settings))
    if not as_json:
        return together(healths), "\n".join(visible(line) for line in health_lines(healths))
    jobs = [document.job(each.job, each.rates, each.failure) for each in observer.poll()]
    whole = document.status(address, time.time(), jobs, healths)
    return together(healths), msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    return Console(highlight=False, width=min(WIDTH, console.width))


def _print(observed: List[ObservedJob], address: str, as_json: bool, shards: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(_document(observed, address), indent=2))
    else:
        _console().print(_pictures(observed, shards))


def _pictures(
    observed: List[ObservedJob], shards: bool = False, height: Optional[int] = None
) -> RenderableType:
    """`height`: lines of the terminal. None: the output scrolls."""
    now, most = time.time(), None if height is None else (height - 1) // max(1, len(observed))
    return Group(*(picture(each.job, each.rates, now, each.failure, most, shards) for each in observed))


def _document(observed: List[ObservedJob], address: str) -> bytes:
    jobs = [document.job(each.job, each.rates, each.failure) for each in observed]
    return msgspec.json.encode(document.status(address, time.time(), jobs))


def _watched(observer: JobObserver, address: str, as_json: bool, shards: bool) -> List[ObservedJob]:
    """The last result. Returns when the jobs have ended, or on Ctrl-C."""
    observed = observer.poll()
    with _shown(address, as_json, shards) as show:
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
def _shown(address: str, as_json: bool, shards: bool) -> Iterator[Callable[[List[ObservedJob]], None]]:
    """A display that is redrawn in a terminal; without a terminal, one display after the other."""
    console = _console()
    if as_json:
        yield lambda observed: click.echo(_document(observed, address))
    elif console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            yield lambda observed: live.update(_pictures(observed, shards, console.height))
    else:
        yield lambda observed: console.print(_pictures(observed, shards))


def _again(observer: JobObserver, before: List[ObservedJob]) -> List[ObservedJob]:
    try:
        return observer.poll()
    except TransientError as error:  # a JobManager that is busy
        complain(error)
        return before
