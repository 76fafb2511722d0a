"""`polarshake doctor`."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import Any, Callable, Dict, List, Optional, Tuple, TypeVar

import click
from rich.console import Console

from connectors.base.errors import ConfigError, PolarshakeError
from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration
from connectors.command.complain import complain
from connectors.command.doctor.cluster import Cluster, cluster_lines, interpreter_line
from connectors.command.doctor.estimate import slots_of
from connectors.command.doctor.line import Level, Line, red, worst, yellow
from connectors.command.doctor.show import as_json, show
from connectors.command.options import config_option, flink_option, job_arguments
from connectors.config import Settings, load
from connectors.config.credentials import SECRET_KEYS
from connectors.model.jobs import OK, PROBLEM, UNKNOWN

F = TypeVar("F", bound=Callable[..., Any])


def secret_options(function: F) -> F:
    """Adds the jobs' options for secrets. Secrets in the environment do not appear in process lists."""
    for key in SECRET_KEYS:
        click.option(key.option, hidden=True)(function)
    return function


@click.command()
@config_option()
@click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="As for the jobs; may be repeated.")
@click.option(
    "--job", type=click.Choice(["forward", "check", "reverse"]), default="forward", show_default=True
)
@flink_option(required=False)
@click.option(
    "--patience", type=float, default=20.0, show_default=True, help="Seconds to wait for a response."
)
@click.option(
    "--after-cutover", is_flag=True, help="With --job reverse: publication and slot must exist already."
)
@click.option("--json", "machine", is_flag=True, help="Print JSON.")
@secret_options
def doctor(
    config: Optional[str],
    sets: Tuple[str, ...],
    job: str,
    flink: Optional[str],
    patience: float,
    after_cutover: bool,
    machine: bool,
    **secrets: Optional[str],
) -> None:
    """Check everything that a job needs, and write nothing but a probe.

    The probe is an object in the places for dead letters and reports. It is
    written, read and deleted.

    Secrets are read from the environment or from the jobs' options.

    Exit code 0: no problems. 1: at least one problem; its line says how to
    fix it. 2: the configuration is invalid, and nothing was checked.
    """
    try:
        settings = load(argv_of(config, sets, secrets), os.environ)
        with nullcontext() if machine else heartbeat(_waits):
            lines = examined(settings, job, flink, patience, after_cutover)
    except ConfigError as error:
        complain(error)
        sys.exit(UNKNOWN)
    if machine:
        click.echo(as_json(lines))
    else:
        show(Console(width=min(80, Console().width), highlight=False), lines)
    sys.exit(PROBLEM if worst(lines) is Level.RED else OK)


def argv_of(config: Optional[str], sets: Tuple[str, ...], secrets: Dict[str, Optional[str]]) -> List[str]:
    options = [f"--{name}={value}" for name, value in secrets.items() if value is not None]
    return [*job_arguments(config, sets), *options]


def _waits(seconds: float) -> None:
    click.echo(f"waiting for responses, {duration(seconds)} so far", err=True)


def examined(
    settings: Settings, job: str, flink: Optional[str], patience: float, after_cutover: bool = False
) -> List[Line]:
    """Raises ConfigError."""
    # A driver is imported only for the job that needs it.
    from connectors.command.doctor.sides import EXAMINATIONS
    from connectors.command.doctor.storage import storage_lines

    examination = EXAMINATIONS[job]
    examination.require(settings)
    around, registered = _around(settings, flink)
    try:
        lines = examination.lines(settings, patience, slots_of(settings, registered), after_cutover)
        return [*around, *lines, *storage_lines(settings, job)]
    except ConfigError:
        raise
    except PolarshakeError as error:  # no credentials: neither side was called
        return [*around, red("sides", str(error))]


def _around(settings: Settings, flink: Optional[str]) -> Tuple[List[Line], int]:
    """The lines about this process and the cluster, and the number of registered task slots."""
    lines = [interpreter_line(sys.version_info[:3])]
    if flink is None:
        lines.append(yellow("flink", "not checked: use --flink http://HOST:8081"))
        return lines, 0
    try:
        from connectors.command.doctor.cluster import RestCluster

        cluster: Cluster = RestCluster(flink)
        facts = cluster.look()
    except PolarshakeError as error:
        return [
            *lines,
            red("flink", f"{error}. Check --flink, and that this machine can reach the address"),
        ], 0
    return [*lines, *cluster_lines(facts, settings.parallelism)], facts.slots
