"""The subcommand `console`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Callable, Optional, Tuple

import click

from connectors.base.errors import PolarshakeError
from connectors.base.extras import CONSOLE, imports_of
from connectors.command.complain import complain
from connectors.command.console.address import PORT
from connectors.command.options import config_option, flink_option
from connectors.model.jobs import UNKNOWN


@click.command()
@flink_option()
@config_option()
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="As for the jobs; may be repeated.")
@click.option("--report", metavar="PLACE", help="Place of the check's report. Default: check-report.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes any that is free.",
)
@click.option(
    "--history",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of the history. Default: a file of this cluster in ~/.local/state/polarshake.",
)
def console(
    flink: str,
    config: Optional[str],
    sets: Tuple[str, ...],
    report: Optional[str],
    port: int,
    history: Optional[Path],
) -> None:
    """Show the migration as a page in the browser.

    The page is read-only and reachable from this machine only, at
    127.0.0.1. It shows what `polarshake status` shows, the conditions of
    the cut-over, and what has happened.

    Exit code: 0 ended with Ctrl-C, 2 not started.
    """
    try:
        run(flink, config, sets, report, port, history, _tell)
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)


def run(
    flink: str,
    config: Optional[str],
    sets: Tuple[str, ...],
    report: Optional[str],
    port: int,
    history: Optional[Path],
    started: Callable[[str], None],
) -> None:
    """Returns when the process is interrupted. Raises PolarshakeError."""
    with imports_of(CONSOLE):
        from connectors.command.console.serve import serve
    from connectors.command.console.collect import Collector
    from connectors.command.console.gates import Gates
    from connectors.command.console.memory import default_path
    from connectors.command.progress.flink import FlinkJobs

    jobs = FlinkJobs(flink)
    path = history or default_path(jobs.address)
    gates = Gates(config, sets, report, flink)

    async def until_interrupted() -> None:
        end = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, end.set)
        await serve(lambda latest: Collector(jobs, latest, path), gates, port, end, started)

    asyncio.run(until_interrupted())


def _tell(address: str) -> None:
    click.echo(f"console: {address}  (read-only; Ctrl-C ends it)")
