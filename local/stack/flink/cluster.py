"""A Flink cluster: start, submit, kill, restart, stop."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Optional

from local.stack.errors import StackError, did_not_start
from local.stack.flink.config import Sizes, flink_home, link_libraries, settings, write
from local.stack.flink.daemons import JobManager, TaskManager
from local.stack.flink.rest import Rest
from local.stack.home import PROJECT, Home, free_port
from local.stack.process import MARK

_JOB_ID = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")

_ENDED = ("FINISHED", "CANCELED", "FAILED")


def _python_path() -> str:
    """PYTHONPATH with which client and Python workers run the code of this checkout, not an installed
    package."""
    return os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])


class Submission(NamedTuple):
    """The result of `flink run`. `job_id` is None if it failed before submitting a job."""

    job_id: Optional[str]
    exit_code: int
    output: str


class FlinkCluster:
    """JobManager and TaskManagers on loopback.

    Not highly available: a killed JobManager loses its jobs. Submit them again from `latest_checkpoint()`.
    """

    def __init__(self, home: Home, sizes: Optional[Sizes] = None, name: str = "flink") -> None:
        self.home, self.name, self.sizes = home, name, sizes or Sizes()
        self.port = free_port()
        self.submitted = 0
        """Number of jobs submitted by this object."""
        self.rest = Rest(self.address)
        self.data = home.data / name
        self._libraries = home.run / f"{name}-lib"
        self.jobmanager = JobManager(home, f"{name}-jobmanager", self.env(), self.rest)
        self.taskmanagers: List[TaskManager] = []

    @property
    def address(self) -> str:
        """URL of the REST API and the web UI."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.jobmanager.log

    def env(self) -> Dict[str, str]:
        """The environment in which `flink` finds this cluster without further options."""
        return {
            "FLINK_CONF_DIR": str(self.home.conf / self.name),
            "FLINK_LIB_DIR": str(self._libraries),
            "FLINK_LOG_DIR": str(self.home.logs),
            "FLINK_PID_DIR": str(self.home.run / self.name),
            "FLINK_HOME": str(flink_home()),
            "PYTHONPATH": _python_path(),
        }

    def start(self) -> None:
        for folder in ("checkpoints", "savepoints", "tmp"):
            (self.data / folder).mkdir(parents=True, exist_ok=True)
        link_libraries(self._libraries)
        write(self.home.conf / self.name, settings(self.sizes, self.port, free_port(), self.data))
        self.jobmanager.start()
        for _ in range(self.sizes.taskmanagers):
            self.add_taskmanager()

    def add_taskmanager(self) -> TaskManager:
        name = f"{self.name}-taskmanager-{len(self.taskmanagers)}"
        added = TaskManager(self.home, name, self.env(), self.rest)
        self.taskmanagers.append(added)
        added.start()
        return added

    def wait_ready(self, seconds: float = 180.0) -> None:
        """Wait until every TaskManager offers its task slots."""
        self.jobmanager.wait_ready(seconds)
        deadline = time.monotonic() + seconds
        while self.rest.slots() < len(self.taskmanagers) * self.sizes.slots:
            for each in self.taskmanagers:
                each.wait_ready(0.0)
            if time.monotonic() > deadline:
                raise did_not_start(self.name, "lacks TaskManagers", self.taskmanagers[-1].log)
            time.sleep(0.2)

    def whole(self) -> bool:
        """Whether all processes are running: a test may have killed one."""
        return all(each.process() for each in [self.jobmanager, *self.taskmanagers])

    def stop(self) -> None:
        for each in [*reversed(self.taskmanagers), self.jobmanager]:
            each.stop()

    def run_job(
        self,
        script: Path,
        *args: str,
        detached: bool = True,
        savepoint: Optional[str] = None,
        parallelism: Optional[int] = None,
        seconds: float = 180.0,
        check: bool = True,
        env: Optional[Mapping[str, str]] = None,
        options: Optional[Mapping[str, str]] = None,
    ) -> Submission:
        """Run `flink run -py script args`. Attached, it returns when the job has ended, with the CLI's exit
        code. Pass secrets in `env`: arguments are visible to all users of the machine. `options`: Flink's
        own, for this job.

        Raises StackError with the CLI's output if it fails, unless `check` is false.
        """
        self.submitted += 1
        words = [*(["-d"] if detached else []), *(["-s", savepoint] if savepoint else [])]
        words += ["-p", str(parallelism)] if parallelism else []
        words += [f"-D{name}={value}" for name, value in (options or {}).items()]
        done = self.flink("run", *words, "-py", str(script), *args, seconds=seconds, env=env)
        if check and (done.exit_code != 0 or done.job_id is None):
            raise StackError(f"flink run {script} failed with exit code {done.exit_code}:\n{done.output}")
        return done

    def flink(
        self, *arguments: str, seconds: float = 180.0, env: Optional[Mapping[str, str]] = None
    ) -> Submission:
        """Run any command of the `flink` launcher. The process carries the cluster's mark and ends with its
        home."""
        command = [str(flink_home() / "bin" / "flink"), *arguments]
        own = {"FLINK_IDENT_STRING": self.name, MARK: f"{self.home.root}/{self.name}-client"}
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, **self.env(), **own, **(env or {})},
                cwd=PROJECT,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as late:
            raise StackError(
                f"flink {arguments[0]} did not end within {seconds:.0f} s:\n{late.output!r}"
            ) from late
        job = _JOB_ID.search(done.stdout)
        return Submission(job.group(1) if job else None, done.returncode, done.stdout)

    def job_status(self, job_id: str) -> str:
        return self.rest.job_status(job_id)

    def cancel(self, job_id: str) -> None:
        self.rest.cancel(job_id)

    def cancel_all(self) -> None:
        """Cancel every job. A cluster without a JobManager has none."""
        if self.jobmanager.process() is None:
            return
        unfinished = [each["jid"] for each in self.rest.jobs() if each["state"] not in _ENDED]
        for job_id in unfinished:
            self.cancel(job_id)
        for job_id in unfinished:
            self.wait_status(job_id, *_ENDED)

    def stop_with_savepoint(self, job_id: str, drain: bool = False) -> str:
        return self.rest.stop_with_savepoint(job_id, drain)

    def wait_status(self, job_id: str, *wanted: str, seconds: float = 300.0) -> str:
        """Wait for one of the `wanted` states. Raises StackError after `seconds`. `job_status` may be a
        second old, even after the job's program has ended."""
        deadline = time.monotonic() + seconds
        while True:
            status = self.job_status(job_id)
            if status in wanted:
                return status
            if time.monotonic() > deadline:
                raise StackError(
                    f"job {job_id} is {status} after {seconds:.0f} s, expected {' or '.join(wanted)}"
                )
            time.sleep(0.1)

    def latest_checkpoint(self, job_id: str) -> Optional[Path]:
        """The newest complete retained checkpoint, in the form of `run_job`'s argument `savepoint`."""
        folder = self.data / "checkpoints" / job_id
        complete = [each for each in folder.glob("chk-*") if (each / "_metadata").exists()]
        return max(complete, key=lambda each: int(each.name.split("-")[1]), default=None)

    def __enter__(self) -> FlinkCluster:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
