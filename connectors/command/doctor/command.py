"""`polarshake doctor`."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, List, Optional, Tuple, TypeVar

import click
from rich.console import Console

from connectors.base.errors import ConfigError, PolarshakeError
from connectors.command.doctor.cluster import Cluster, cluster_lines, interpreter_line
from connectors.command.doctor.estimate import slots_of
from connectors.command.doctor.line import Level, Line, red, worst, yellow
from connectors.command.doctor.show import as_json, show
from connectors.config import Settings, load
from connectors.config.credentials import SECRET_KEYS
from connectors.model.jobs import OK, PROBLEM, UNKNOWN

F = TypeVar("F", bound=Callable[..., Any])


def _secrets(function: F) -> F:
    """As the jobs take them; the environment keeps them out of process lists."""
    for key in SECRET_KEYS:
        click.option(key.option, hidden=True)(function)
    return function


@click.command()
@click.option("--config", metavar="FILE", help="The configuration of the jobs.")
@click.option(
    "--set", "sets", metavar="KEY=VALUE", multiple=True, help="As the jobs take it; may be repeated."
)
@click.option(
    "--job", type=click.Choice(["forward", "check", "reverse"]), default="forward", show_default=True
)
@click.option("--flink", metavar="URL", help="Flink's web UI, such as http://127.0.0.1:8081.")
@click.option(
    "--patience", type=float, default=20.0, show_default=True, help="Seconds that a side may take to answer."
)
@click.option("--json", "machine", is_flag=True, help="For machines.")
@_secrets
def doctor(
    config: Optional[str],
    sets: Tuple[str, ...],
    job: str,
    flink: Optional[str],
    patience: float,
    machine: bool,
    **secrets: Optional[str],
) -> None:
    """Look at all that a job needs, and write nothing.

    Secrets come from the environment, or as the jobs' options.

    Exit code 0: nothing is red. 1: something is, and says how to mend it.
    2: it could not be told, as the configuration is wrong.
    """
    try:
        settings = load(_argv(config, sets, secrets), os.environ)
        lines = examined(settings, job, flink, patience)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(UNKNOWN)
    if machine:
        click.echo(as_json(lines))
    else:
        show(Console(width=min(80, Console().width), highlight=False), lines)
    sys.exit(PROBLEM if worst(lines) is Level.RED else OK)


def _argv(config: Optional[str], sets: Tuple[str, ...], secrets: dict[str, Optional[str]]) -> List[str]:
    options = [f"--{name}={value}" for name, value in secrets.items() if value is not None]
    return [*([f"--config={config}"] if config else []), *(f"--set={one}" for one in sets), *options]


def examined(settings: Settings, job: str, flink: Optional[str], patience: float) -> List[Line]:
    """Raises ConfigError."""
    # What the sides need is imported for the job that has them.
    from connectors.command.doctor.sides import LOOKS

    look = LOOKS[job]
    look.require(settings)
    around, registered = _around(settings, flink)
    try:
        return [*around, *look.lines(settings, patience, slots_of(settings, registered))]
    except ConfigError:
        raise
    except PolarshakeError as error:  # no credentials: neither side was asked
        return [*around, red("sides", str(error))]


def _around(settings: Settings, flink: Optional[str]) -> Tuple[List[Line], int]:
    """This process and the cluster; the slots that have registered."""
    lines = [interpreter_line(sys.version_info[:3])]
    if flink is None:
        lines.append(yellow("flink", "not looked at: give --flink http://HOST:8081"))
        return lines, 0
    try:
        from connectors.command.doctor.cluster import RestCluster

        cluster: Cluster = RestCluster(flink)
        facts = cluster.look()
    except PolarshakeError as error:
        return [
            *lines,
            red("flink", f"{error}. Check --flink, and that this machine's network leads there"),
        ], 0
    return [*lines, *cluster_lines(facts, settings.parallelism)], facts.slots
