"""The programs that are compared: baseline and upper bound. The job has its own module."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Mapping, Optional, Protocol, Sequence

from bench.environments import Endpoints
from bench.measure import ended
from bench.subprocesses import PROJECT


class Candidate(Protocol):
    name: str

    def start(self, endpoints: Endpoints) -> List[int]:
        """Start it. Returns the pids whose process trees are the client's side."""
        ...

    def ended(self) -> bool:
        """Whether it has ended by itself. Raises RuntimeError with its output if it has failed."""
        ...

    def facts(self) -> Dict[str, Any]:
        """Figures that only this candidate knows about the run. Called before `stop`."""
        ...

    def stop(self) -> None:
        """End all its processes."""
        ...

    def command(self) -> str:
        """For the report; contains no secret."""
        ...


class Child:
    """One process in its own session. Its output is kept for the message if it fails."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._child = subprocess.Popen(
            command,
            env={**os.environ, **env},
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid = self._child.pid

    def ended(self) -> bool:
        if not ended(self.pid):
            return False
        code = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if code is not None and code.si_status != 0:
            raise RuntimeError(f"{self._child.args!r} ended with {code.si_status}:\n{self.output()[-4000:]}")
        return True

    def output(self) -> str:
        self._output.seek(0)
        return self._output.read()

    def stop(self) -> None:
        """End the whole process group: the workers of a pool outlive their parent."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # before the wait: until then the group is ours for certain
        self._child.wait()
        self._output.close()


class Program:
    """A module that takes --source, --target, --tables and --mode, and ends when it is done."""

    def __init__(self, name: str, module: str, *options: str) -> None:
        self.name, self._module, self._options = name, module, options
        self._child: Optional[Child] = None

    def start(self, endpoints: Endpoints) -> List[int]:
        command = [sys.executable, "-m", self._module, f"--source={endpoints.source}"]
        command += [f"--target={endpoints.target}", f"--tables={','.join(endpoints.tables)}"]
        self._child = Child([*command, f"--mode={endpoints.mode}", *self._options], endpoints.env)
        return [self._child.pid]

    def ended(self) -> bool:
        return self._child is not None and self._child.ended()

    def facts(self) -> Dict[str, Any]:
        return {}

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def command(self) -> str:
        return " ".join(["python -m", self._module, *self._options])


def floor() -> Program:
    return Program("floor", "bench.baseline_copy")


def floor_without_validation() -> Program:
    return Program("floor, no validation", "bench.baseline_copy", "--no-validation")


def limit() -> Program:
    return Program("limit", "bench.upper_bound")


def signed_limit(name: str = "limit, signed") -> Program:
    return Program(name, "bench.upper_bound", "--sign")
