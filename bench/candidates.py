"""What runs against a scene: floor and limit as programs; the job has its own module."""

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
        """Begin; returns the pids whose trees are the client's side."""
        ...

    def ended(self) -> bool:
        """Whether it has ended by itself. Raises RuntimeError with its output when it has failed."""
        ...

    def facts(self) -> Dict[str, Any]:
        """What only this contender can tell about the run; asked before `stop`."""
        ...

    def stop(self) -> None:
        """Nothing of it runs afterwards."""
        ...

    def command(self) -> str:
        """For the report; holds no secret."""
        ...


class Child:
    """One process in a session of its own, its output kept for the message when it fails."""

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
        """End the whole group: workers of a pool outlive a parent that is told to end."""
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
