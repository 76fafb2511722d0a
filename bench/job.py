"""A job as a candidate: its own Flink cluster and one submission. All its processes are counted."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

from bench.candidates import Child
from bench.environments import Endpoints
from bench.options import REGION
from bench.subprocesses import PROJECT
from connectors.command.progress.states import ENDED
from local.stack.errors import StackError
from local.stack.flink.cluster import FlinkCluster
from local.stack.flink.config import Sizes, flink_home
from local.stack.home import Home

NO_KEYS = {f"POLARSHAKE_{side}_{key}": "test" for side in ("DYNAMODB", "POLARDB") for key in ("AK", "SK")}
"""For servers that do not check signatures. The job signs its requests all the same."""
WORKERS_END_SECONDS = 3.0
"""A job's Python workers end within a second of it."""


class Job:
    """`sets`: --set arguments of the job. `sizes`: the sizes of the cluster. `warm`: a job that only creates
    the tables runs first, so the cluster's JVMs have loaded PyFlink."""

    def __init__(
        self,
        name: str = "job",
        sets: Optional[Mapping[str, str]] = None,
        sizes: Optional[Sizes] = None,
        script: str = "forward",
        warm: bool = False,
    ) -> None:
        self.script, self._warm = script, warm
        self.name, self._sets, self._sizes = name, dict(sets or {}), sizes or Sizes(slots=2)
        self._client: Optional[Child] = None
        self._cluster: Optional[FlinkCluster] = None

    def start(self, endpoints: Endpoints) -> List[int]:
        self._root = Path(tempfile.mkdtemp(prefix="polarshake-bench-"))
        cluster = self._cluster = FlinkCluster(Home(self._root), self._sizes)
        cluster.start()
        cluster.wait_ready()
        if self._warm:
            self._warm_up(endpoints)
        self._client = self._submit(endpoints)
        servers = [cluster.jobmanager, *cluster.taskmanagers]
        return [self._client.pid, *(server.pid for server in servers if server.pid is not None)]

    def _warm_up(self, endpoints: Endpoints) -> None:
        first = self._submit(endpoints, mode="schema")
        while not first.ended():
            time.sleep(0.1)
        first.stop()
        time.sleep(WORKERS_END_SECONDS)

    def _submit(self, endpoints: Endpoints, **changed: str) -> Child:
        assert self._cluster
        env = {**self._cluster.env(), **NO_KEYS, **endpoints.env, "FLINK_IDENT_STRING": "bench"}
        return Child([str(flink_home() / "bin" / "flink"), *self._arguments(endpoints, changed)], env)

    def _arguments(self, endpoints: Endpoints, changed: Mapping[str, str]) -> List[str]:
        sets = {
            "mode": endpoints.mode,
            "dynamodb.endpoint": endpoints.source,
            "dynamodb.region": REGION,
            "polardb.endpoint": endpoints.target,
            "filter.whiteTableSet": ";".join(endpoints.tables),
            "streams.graceSeconds": "1",
            "parallelism": "2",
            **self._sets,
            **changed,
        }
        arguments = ["run", "-py", str(PROJECT / "jobs" / f"{self.script}.py")]
        arguments += ["--config", str(PROJECT / "application.yaml")]
        for key, value in sets.items():
            arguments += ["--set", f"{key}={value}"]
        return arguments

    def ended(self) -> bool:
        """The client of a job that follows changes ends before it."""
        assert self._client
        assert self._cluster
        return self._client.ended() and all(each["state"] in ENDED for each in self._cluster.rest.jobs())

    def facts(self) -> Dict[str, Any]:
        """Flink's summary of the checkpoints: milliseconds and bytes."""
        with contextlib.suppress(StackError, IndexError, KeyError):
            rest = self._cluster.rest if self._cluster else None
            job = rest.jobs()[0]["jid"] if rest else ""
            found = rest.get(f"/jobs/{job}/checkpoints") if rest else {}
            wanted = ("end_to_end_duration", "checkpointed_size")
            return {"checkpoints": found["counts"], **{name: found["summary"][name] for name in wanted}}
        return {}

    def rest(self, path: str) -> Any:
        """What Flink's REST API says while the job runs."""
        assert self._cluster is not None
        return self._cluster.rest.get(path)

    def stop(self) -> None:
        if self._client is not None:
            self._client.stop()
        if self._cluster is not None:
            self._cluster.stop()
            shutil.rmtree(self._root, ignore_errors=True)
        self._client = self._cluster = None

    def command(self) -> str:
        given = " ".join(f"--set {key}={value}" for key, value in self._sets.items())
        return f"flink run -py jobs/{self.script}.py --config application.yaml {given}".strip()
