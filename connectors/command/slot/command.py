"""The subcommands `slot create` and `slot drop`."""

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
from connectors.model.jobs import UNKNOWN

Work = Callable[[Settings, Callable[[str], None]], None]
SETS = click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="As for the jobs; repeatable.")


@click.group()
def slot() -> None:
    """Create or drop the replication slot of the reverse job.

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
