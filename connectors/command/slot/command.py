"""The subcommands `slot create`, `slot watch` and `slot drop`."""

from __future__ import annotations

import os
import sys
from typing import Callable, Optional, Tuple

import click

from connectors.base.errors import PolarshakeError
from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration
from connectors.command.complain import complain
from connectors.command.options import config_option, job_arguments
from connectors.config import Settings, load
from connectors.model.jobs import OK, UNKNOWN

Work = Callable[[Settings, Callable[[str], None]], None]
SETS = click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="As for the jobs; repeatable.")


@click.group()
def slot() -> None:
    """Create, watch or drop the replication slot of the reverse job.

    `polarshake cutover` creates it at the right time. Exit code: 0 done,
    2 not done.
    """


@slot.command()
@config_option()
@SETS
def create(config: Optional[str], sets: Tuple[str, ...]) -> None:
    """Create the publication, then the slot, as far as they are missing.

    From then on, PolarDB keeps its log until the reverse job has read it.
    """
    from connectors.reverse.validate import set_up

    _do(set_up, config, sets)


@slot.command()
@config_option()
@SETS
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop(config: Optional[str], sets: Tuple[str, ...], yes: bool) -> None:
    """Drop the slot and the publication: there is no way back afterwards."""
    from connectors.reverse.validate import tear_down

    if not yes:
        click.confirm("Without the slot, a rollback is no longer possible. Drop it?", abort=True)
    _do(tear_down, config, sets)


@slot.command()
@config_option()
@SETS
@click.option("--report", metavar="PLACE", help="Place of the check's report. Default: check-report.")
@click.option("--every", metavar="SECONDS", type=click.FloatRange(1.0), help="Again and again, until Ctrl-C.")
def watch(
    config: Optional[str], sets: Tuple[str, ...], report: Optional[str], every: Optional[float]
) -> None:
    """Find writes at PolarDB that the forward job did not make.

    Before the cut-over: run it once before the check of all items, and from
    time to time after it. `polarshake cutover` reads the rest. What has been
    read is removed from the slot.

    Exit code: 0 no such write since the watch began, 1 there are some,
    2 unknown.
    """
    words = [*job_arguments(config, sets), *(["--set", f"check.report={report}"] if report else [])]
    try:
        from connectors.command.slot.watch import watched

        code = watched(load(words, os.environ), click.echo, every)
    except PolarshakeError as error:
        complain(error)
        code = UNKNOWN
    except KeyboardInterrupt:
        code = OK
    sys.exit(code)


def _do(work: Work, config: Optional[str], sets: Tuple[str, ...]) -> None:
    words = job_arguments(config, sets)
    try:
        with heartbeat(_waits):
            work(load(words, os.environ), click.echo)
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)


def _waits(seconds: float) -> None:
    """PostgreSQL creates a slot when all transactions that run have ended."""
    click.echo(f"waiting for PostgreSQL, {duration(seconds)} so far", err=True)
