"""`polarshake assess`."""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Optional, Tuple

import click

from connectors.base.errors import ConfigError, PolarshakeError
from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration
from connectors.command.complain import complain
from connectors.command.doctor.command import argv_of, secret_options
from connectors.command.options import config_option
from connectors.config import Settings, load
from connectors.model.jobs import UNKNOWN


@click.command()
@config_option()
@click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="As for the jobs; may be repeated.")
@click.option(
    "--report", metavar="FILE", default="assess.html", show_default=True, help="The page; empty: none."
)
@click.option(
    "--sample",
    type=click.IntRange(0, 10_000),
    default=200,
    show_default=True,
    help="Items to read of each table; 0: none.",
)
@click.option(
    "--share",
    type=click.FloatRange(1, 100),
    default=25.0,
    show_default=True,
    help="Per cent of each table's read capacity that the copy may use.",
)
@click.option(
    "--slots", type=click.IntRange(0, 4096), default=0, help="Task slots; 0: as many as are useful."
)
@click.option("--prices", metavar="FILE", help="Your prices, in place of the built-in ones.")
@click.option(
    "--patience", type=float, default=20.0, show_default=True, help="Seconds to wait for a response."
)
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@secret_options
def assess(
    config: Optional[str],
    sets: Tuple[str, ...],
    report: str,
    sample: int,
    share: float,
    slots: int,
    prices: Optional[str],
    patience: float,
    machine: bool,
    **secrets: Optional[str],
) -> None:
    """Look at the source before anything is started, and write one page.

    The page says what is left behind, what the target refuses, how long the
    copy takes and what it costs, and proposes a plan. The source is only
    read: its descriptions, and a few items of each table. The target is not
    called.

    Exit code 0: no obstacle was found. 1: the target refuses something, or
    the job would not start. 2: the input is invalid, the source does not
    answer, or a table could not be described and sampled.
    """
    try:
        settings = load(argv_of(config, sets, secrets), os.environ)
        sys.exit(_run(settings, report, sample, share / 100, slots, prices, patience, machine))
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)


def _run(
    settings: Settings,
    report: str,
    sample: int,
    share: float,
    slots: int,
    prices: Optional[str],
    patience: float,
    machine: bool,
) -> int:
    # What the command needs is imported when it is run, and not for its help.
    from connectors.command.assess.assess import assess as assessed
    from connectors.command.assess.compose import AssessOptions
    from connectors.command.assess.document import as_json, exit_code_of
    from connectors.command.assess.page.render import render
    from connectors.command.assess.text import text_of
    from connectors.command.estimate.prices import read_prices
    from connectors.dynamodb.clients import source_client

    options = AssessOptions(sample, share, slots, read_prices(prices))
    progress = Progress()
    with closing(source_client(settings, seconds=patience)) as client, heartbeat(progress.beat):
        assessment = assessed(client, _sides(settings), settings, options, time.time(), progress.say)
    if report:
        _write(Path(report), render(assessment))
    page = str(Path(report).absolute()) if report else ""
    click.echo(as_json(assessment) if machine else text_of(assessment, page), nl=machine)
    return exit_code_of(assessment)


def _sides(settings: Settings) -> Any:
    from connectors.command.assess.compose import Sides
    from connectors.targets.open import kind_of
    from connectors.targets.place import endpoint_place

    source = endpoint_place("Amazon DynamoDB", settings.dynamodb.endpoint, settings.dynamodb.region)
    kind = kind_of(settings)
    try:
        return Sides(source, kind.place(settings), kind.limits(settings), "")
    except PolarshakeError as error:  # its driver is not installed
        return Sides(source, kind.place(settings), None, str(error))


def _write(path: Path, page: str) -> None:
    """Raises ConfigError."""
    from connectors.base import durable

    try:
        durable.replace(path, [page.encode("utf-8", "replace")])
    except OSError as error:
        raise ConfigError("--report", str(path), f"cannot be written: {error.strerror}") from None


class Progress:
    """A line every few seconds on the error stream, also while the source does not answer."""

    def __init__(self) -> None:
        self._text = "reading the descriptions of the tables"

    def say(self, text: str) -> None:
        self._text = text

    def beat(self, seconds: float) -> None:
        click.echo(f"{self._text}, {duration(seconds)} so far", err=True)
