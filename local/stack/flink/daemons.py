"""The two Flink processes: JobManager and TaskManager."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import psutil

from local.stack.errors import StackError
from local.stack.flink.config import flink_home
from local.stack.flink.rest import Rest
from local.stack.home import Home
from local.stack.server import Server


class FlinkDaemon(Server):
    """Runs a launch script of the distribution in the foreground: it execs java, so its pid is the JVM's."""

    script = ""
    grace = 15.0

    def __init__(self, home: Home, name: str, env: Dict[str, str], rest: Rest) -> None:
        super().__init__(home, name)
        self._env, self._rest = env, rest

    def start(self) -> None:
        # Flink writes its own .log, .out and .err files into the same folder; the web UI shows them.
        own = {**self._env, "FLINK_IDENT_STRING": self.name, "STD_REDIRECT_TO_FILE": "true"}
        self.spawn(["bash", str(flink_home() / "bin" / self.script), "start-foreground"], own, self.home.data)

    @property
    def log(self) -> Path:
        """Flink's own log if it exists, else the output of the launch script."""
        written = sorted(
            self.home.logs.glob(f"flink-{self.name}-*.log"), key=lambda each: each.stat().st_mtime
        )
        return written[-1] if written else self.output

    @property
    def output(self) -> Path:
        return self.home.logs / f"{self.name}.out"


class JobManager(FlinkDaemon):
    script = "jobmanager.sh"

    def ready(self) -> bool:
        try:
            return bool(self._rest.get("/overview"))
        except StackError:
            return False


class TaskManager(FlinkDaemon):
    """Ready as soon as it runs. FlinkCluster checks whether it offers its task slots."""

    script = "taskmanager.sh"

    def ready(self) -> bool:
        return self.process() is not None

    def python_workers(self) -> List[psutil.Process]:
        """Its Python workers, including those that have outlived it."""
        return [each for each in self.processes() if _is_python_worker(each)]


def _is_python_worker(process: psutil.Process) -> bool:
    try:
        arguments = process.cmdline()
    except psutil.Error:
        return False
    return "pyflink.fn_execution.beam.beam_boot" in arguments and "bash" not in arguments[0]
