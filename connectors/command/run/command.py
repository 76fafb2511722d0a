"""The subcommand `run`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from contextlib import suppress
from typing import Callable, Iterator, List, Optional, Tuple

import click

from connectors.base.errors import PolarshakeError, TerminalError
from connectors.base.heartbeat import while_silent
from connectors.base.text import duration
from connectors.command.complain import complain
from connectors.command.cutover.check_progress import RunningCheck
from connectors.command.options import config_option, flink_option
from connectors.command.progress.flink import FlinkJobs
from connectors.command.run.flink import RunRequest, find_flink, submitted_id, words_of
from connectors.model.jobs import UNKNOWN

NOISE = ("pkg_resources is deprecated", "import pkg_resources", "slated for removal as early as")
"""Parts of lines that a dependency of PyFlink prints and that tell the user nothing."""


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True})
@click.argument("job", type=click.Choice(["forward", "check", "reverse"]))
@flink_option(required=False)
@config_option()
@click.option("-p", "--parallelism", type=click.IntRange(1, 4096), help="Default: the cluster's.")
@click.option("-s", "--savepoint", metavar="PATH", help="Resume from this savepoint or checkpoint.")
@click.option("-D", "properties", multiple=True, metavar="KEY=VALUE", help="Setting of Flink, for this job.")
@click.option("--wait/--detach", default=None, help="Default: wait for a check, not for other jobs.")
@click.option(
    "--flink-command", metavar="WORDS", help="What starts a job. Default: flink, where it is found."
)
@click.option("--dry-run", is_flag=True, help="Print the command only.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    job: str,
    flink: Optional[str],
    config: Optional[str],
    parallelism: Optional[int],
    savepoint: Optional[str],
    properties: Tuple[str, ...],
    wait: Optional[bool],
    flink_command: Optional[str],
    dry_run: bool,
    arguments: Tuple[str, ...],
) -> None:
    """Submit a job with `flink run`.

    All other ARGUMENTS are the job's own, such as --set KEY=VALUE, or
    --repair for the check. `polarshake run JOB -- --help` shows them.
    Secrets are read from the environment.

    Exit code: that of the job if it is waited for, else 0 submitted, 2 not.
    """
    waits = job == "check" if wait is None else wait
    try:
        command = shlex.split(flink_command) if flink_command else find_flink()
        own = [*(["--config", config] if config else []), *arguments]
        words = words_of(RunRequest(job, command, flink, waits, parallelism, savepoint, properties, own))
        click.echo(f"$ {shlex.join(words)}", err=True)
        if dry_run:
            return
        progress = RunningCheck(FlinkJobs(flink), time.monotonic) if flink and job == "check" else None
        sys.exit(_submit(words, waits, flink, Beat(progress)))
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)


class Beat:
    """Lines while the command waits: for a check its progress, else the time that has passed."""

    def __init__(self, check: Optional[RunningCheck]) -> None:
        self._check = check

    def __call__(self, seconds: float) -> None:
        line = None
        if self._check is not None:
            with suppress(PolarshakeError):  # the next line may come through
                line = self._check.line()
        click.echo(line or f"flink run: {duration(seconds)} so far", err=True)


def _submit(words: List[str], waits: bool, flink: Optional[str], beat: Callable[[float], None]) -> int:
    """The exit code. Raises TerminalError if the command cannot be run."""
    environ = {**os.environ, "PYTHONWARNINGS": "ignore:pkg_resources is deprecated"}
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environ,
        )
    except OSError as error:
        raise TerminalError(f"{words[0]} cannot be run: {error.strerror}. See --flink-command") from error
    job_id = ""
    with process, while_silent(beat) as heard:
        assert process.stdout
        for line in useful(process.stdout):
            job_id = submitted_id(line) or job_id
            click.echo(line)
            heard()
    if process.returncode or waits:
        return process.returncode
    if not job_id:
        raise TerminalError("`flink run` did not report a job: see its output above")
    where = f" --flink {flink}" if flink else ""
    click.echo(f"Watch it: polarshake status{where or ' --flink URL'} --watch")
    return 0


def useful(lines: Iterator[str]) -> Iterator[str]:
    """The lines without NOISE and without their line feeds."""
    for line in lines:
        if not any(part in line for part in NOISE):
            yield line.rstrip("\n")
