"""A cluster for many small jobs, submitted by clients that keep running: most tests do not test how a client
starts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, List, Mapping, Optional

from local.stack.errors import StackError
from local.stack.flink.cluster import FlinkCluster, Submission
from local.stack.flink.config import Sizes
from local.stack.home import PROJECT, Home, free_port
from local.stack.process import MARK
from tests.harness.warm_client import Request

REPORTER_PORTS = 8
"""Number of ports for a JobManager and two TaskManagers, some of which are killed and restarted."""


def _sizes() -> Sizes:
    first = free_port()
    return Sizes(
        taskmanagers=2,
        slots=2,
        # Many jobs run in it in sequence, and each leaks direct memory.
        taskmanager_memory="4g",
        settings={
            # Otherwise a job of parallelism 2 may run in one TaskManager, and killing the other proves
            # nothing.
            "cluster.evenly-spread-out-slots": "true",
            # A killed TaskManager refuses connections, which two heartbeats tell. One that is only slow has
            # a minute: no test may restart because the machine stood still.
            "heartbeat.interval": "2000",
            "heartbeat.timeout": "60000",
            "taskmanager.memory.jvm-metaspace.size": "1536m",
            "taskmanager.memory.task.off-heap.size": "512m",
            "metrics.reporter.prom.factory.class": PROMETHEUS,
            "metrics.reporter.prom.port": f"{first}-{first + REPORTER_PORTS - 1}",
            "metrics.reporter.prom.filterLabelValueCharacters": "false",
        },
    )


PROMETHEUS = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
SIZES = _sizes()

_JOB_ID = re.compile(r"runs as job ([0-9a-f]{32})")


class Client:
    """A client process. It serves one request at a time."""

    def __init__(self, cluster: FlinkCluster) -> None:
        own = {MARK: f"{cluster.home.root}/{cluster.name}-client", "FLINK_IDENT_STRING": cluster.name}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.warm_client"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(cluster.home.logs / f"{cluster.name}-client.out").open("ab"),
            text=True,
            cwd=PROJECT,
            env={**os.environ, **cluster.env(), **own},
        )

    def ask(self, request: Request) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request._asdict()) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the client ended with {self._process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


class WarmCluster(FlinkCluster):
    """A cluster whose jobs are submitted by clients that keep running. `flink("run", ..)` still runs `flink
    run`."""

    def __init__(self, home: Home, sizes: Optional[Sizes] = None, name: str = "flink") -> None:
        super().__init__(home, sizes, name)
        self._lock = threading.Lock()
        self._idle: List[Client] = []
        self._clients: List[Client] = []

    def run_job(
        self,
        script: Path,
        *args: str,
        detached: bool = True,
        savepoint: Optional[str] = None,
        parallelism: Optional[int] = None,
        seconds: float = 0.0,
        check: bool = True,
        env: Optional[Mapping[str, str]] = None,
        options: Optional[Mapping[str, str]] = None,
    ) -> Submission:
        """Submit a job. `options`: options of Flink, as given with `-D`. `seconds` is ignored: the run has
        its own limit."""
        self.submitted += 1
        module = ".".join(script.relative_to(PROJECT).with_suffix("").parts)
        environment = {**os.environ, **self.env(), **(env or {})}
        client = self._take()
        code, output = client.ask(
            Request(
                module, list(args), environment, parallelism, savepoint, not detached, dict(options or {})
            )
        )
        with self._lock:
            self._idle.append(client)
        job = _JOB_ID.search(output)
        if check and (code != 0 or job is None):
            raise StackError(f"{module} failed with exit code {code}:\n{output}")
        return Submission(job.group(1) if job else None, code, output)

    def flink_run(self, script: Path, *args: str, **options: Any) -> Submission:
        """Submit a job as a user would, with `flink run -py`."""
        return super().run_job(script, *args, **options)

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self._clients, self._idle = [], []
        super().stop()

    def _take(self) -> Client:
        """A client that is not in use. Each serves one request at a time, and an attached run lasts as long
        as its job."""
        with self._lock:
            if not self._idle:
                self._clients.append(Client(self))
                self._idle.append(self._clients[-1])
            return self._idle.pop()
