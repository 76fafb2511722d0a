"""Starting jobs with `flink run`."""

from __future__ import annotations

import shlex
import subprocess
from typing import List, NamedTuple, Optional, Sequence

from connectors.base.errors import TerminalError
from connectors.command.cutover.changes import changes_here
from connectors.command.cutover.ports import Say
from connectors.command.cutover.share import Share
from connectors.command.run.flink import script_of, submitted_id
from connectors.config.settings import Settings
from connectors.model.jobs import OK, PROBLEM, UNKNOWN

START = {
    # The slots have been advanced past the migration's writes. `now` would skip what the application has
    # written before the submission.
    "reverse": ("reverse.startPosition=confirmed",),
    # Both sides are equal and nothing writes: there is nothing to copy, and nothing may be dropped.
    "forward": ("mode=incremental", "streams.start=now", "tables.existing=keep"),
}
"""Settings of the job that is started before the application switches, whatever the configuration says."""
LAST_LINES = 12
"""Lines of a failed job's output that are shown."""


class FlinkRun(NamedTuple):
    """Implements `JobRunner`. The jobs inherit the environment, which contains the secrets."""

    flink: Sequence[str]
    """The command, such as `flink`, or `kubectl exec POD -- flink`."""
    arguments: Sequence[str]
    """Arguments of the jobs: --config and --set."""
    report: str
    parallelism: Optional[int] = None
    settings: Optional[Settings] = None
    """With them, changes are compared in this process. None: by `flink run`, where the databases may be
    reachable although they are not from here."""
    share: Share = Share()

    def command(self, job: str, direction: str = "forward") -> str:
        if job == "changes":
            return shlex.join([*self._check(direction), "--since", self.report])
        return shlex.join(self._check(direction) if job == "check" else self._endless(job))

    def check(self, direction: str, options: Sequence[str] = ()) -> None:
        """`options`: further options of the check."""
        done = _run([*self._check(direction), *options])
        if done.returncode not in (OK, PROBLEM, UNKNOWN):
            raise TerminalError(f"the check ended with exit code {done.returncode}: {_end(done.stdout)}")
        if done.returncode == UNKNOWN:
            raise TerminalError(f"the check could not check: {_end(done.stdout)}")

    def check_changes(self, direction: str, say: Say) -> None:
        if self.settings is None or not changes_here(self.settings, self.report, say):
            self.check(direction, ["--since", self.report])

    def submit(self, job: str) -> str:
        done = _run(self._endless(job))
        submitted = submitted_id(done.stdout)
        if done.returncode or not submitted:
            raise TerminalError(f"the {job} job was not submitted: {_end(done.stdout)}")
        return submitted

    def _check(self, direction: str) -> List[str]:
        options = ["--report", self.report, "--direction", direction]
        return [
            *self._begin(False),
            "-py",
            script_of("check"),
            *self.arguments,
            *self.share.selection,
            *options,
        ]

    def _endless(self, job: str) -> List[str]:
        options = [word for pair in START[job] for word in ("--set", pair)]
        share = self.share.replicated if job == "reverse" else []
        return [*self._begin(True), "-py", script_of(job), *self.arguments, *share, *options]

    def _begin(self, detached: bool) -> List[str]:
        parallelism = ["-p", str(self.parallelism)] if self.parallelism else []
        return [*self.flink, "run", *(["-d"] if detached else []), *parallelism]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        raise TerminalError(
            f"{command[0]} cannot be run: {error.strerror}. Set --flink-command, or start the jobs yourself "
            f"and use --no-run"
        ) from error


def _end(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-LAST_LINES:])
