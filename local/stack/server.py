"""The base of every local server: one process in its own session, with a log and a record."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from functools import cached_property
from pathlib import Path
from typing import Any, List, Mapping, Optional, Sequence, TypeVar

import psutil

from local.stack.errors import StackError, did_not_start
from local.stack.home import Home, free_port
from local.stack.process import MARK, Record, end, family, load, marked

_S = TypeVar("_S", bound="Server")


class Server:
    """Start with `start()` and `wait_ready()`, or use it as a context manager. Subclasses define the command.

    A second object with the same home and name finds the running server again through its record.
    """

    stop_signal: int = signal.SIGTERM
    grace: float = 10.0  # seconds between the signal and the kill
    patience: float = 60.0  # seconds a start may take

    def __init__(self, home: Home, name: str) -> None:
        self.home, self.name = home, name
        home.prepare()
        self._child: Optional[subprocess.Popen[bytes]] = None

    @cached_property
    def port(self) -> int:
        """Chosen at first use, just before it is bound: a port chosen earlier could be taken by then."""
        return free_port()

    @property
    def address(self) -> str:
        raise NotImplementedError

    @property
    def log(self) -> Path:
        return self.home.logs / f"{self.name}.log"

    @property
    def output(self) -> Path:
        """The file that receives the process's output."""
        return self.log

    @property
    def mark(self) -> str:
        return f"{self.home.root}/{self.name}"

    def start(self) -> None:
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether the server responds. Called in a loop; must not raise while the server is starting."""
        raise NotImplementedError

    def wait_ready(self, seconds: Optional[float] = None) -> None:
        """Raises StackError with the end of the log if the process ends or the time is over."""
        limit = self.patience if seconds is None else seconds
        deadline = time.monotonic() + limit
        while not self.ready():
            if self.process() is None:
                raise did_not_start(self.name, "ended before it was ready", self.log)
            if time.monotonic() > deadline:
                raise did_not_start(self.name, f"was not ready after {limit:.0f} s", self.log)
            time.sleep(0.1)

    def process(self) -> Optional[psutil.Process]:
        """The server's own process; None if it is not running."""
        if self._child is not None:
            self._child.poll()  # a dead child stays a zombie until it is asked for
        record = load(self._record)
        return record.process() if record else None

    @property
    def pid(self) -> Optional[int]:
        process = self.process()
        return process.pid if process else None

    def processes(self) -> List[psutil.Process]:
        """The server and all processes it has started, including those that outlived an earlier server."""
        leader = self.process()
        known = {process.pid: process for process in (family(leader) if leader else [])}
        known.update({process.pid: process for process in marked(lambda mark: mark == self.mark)})
        return list(known.values())

    def stop(self) -> None:
        """End the server and all its processes. Does nothing if it is not running."""
        leader = self.process()
        rest = self.processes()
        if leader is not None:
            end([leader], self.stop_signal, self.grace)
        end([*rest, *self.processes()], grace=self.grace)
        self._record.unlink(missing_ok=True)
        if self._child is not None:
            self._child.poll()

    def kill9(self) -> None:
        """Send SIGKILL to the server's own process only, as the OOM killer does. Its children stay."""
        leader = self.process()
        if leader is None:
            raise StackError(f"{self.name} is not running and cannot be killed")
        end([leader], signal.SIGKILL)

    def spawn(self, command: Sequence[str], env: Mapping[str, str], cwd: Path, **identity: Any) -> None:
        """Run `command` detached; `identity` is Popen's user, group and extra_groups."""
        if self.process() is not None:
            raise StackError(
                f"{self.name} is already running as process {self.pid}. Stop it first with `make down`."
            )
        with self.output.open("ab") as log:
            self._child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **env, MARK: self.mark},
                start_new_session=True,
                **identity,
            )
        started = psutil.Process(self._child.pid).create_time()
        Record(self._child.pid, started, int(self.stop_signal), self.grace).save(self._record)

    @property
    def _record(self) -> Path:
        return self.home.run / f"{self.name}.json"

    def __enter__(self: _S) -> _S:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
