"""The demo's own stack, in its own folder. It does not touch a stack started with `make up`."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Dict, Iterator, NamedTuple

from local.stack.flink.cluster import FlinkCluster
from local.stack.flink.config import Sizes
from local.stack.home import PROJECT, Home
from local.stack.reaper import watch
from local.stack.source import Source
from local.stack.whole import TARGETS, Stack, down
from local.traffic import Client
from local.verify import Documents
from local.verify.side import Target

DATABASE = "demo"
LOGS = PROJECT / ".local" / "demo-logs"


@contextmanager
def home() -> Iterator[Home]:
    """The folder of a stack. Its servers end with this block, and with this process even after `kill -9`.
    After an error the logs are copied to LOGS."""
    root = Path(tempfile.mkdtemp(prefix="polarshake-demo-"))
    root.chmod(0o755)  # PostgreSQL does not run as root and must reach it
    reaper = watch(Home(root))
    try:
        yield Home(root)
    except BaseException:
        keep_logs(Home(root))
        raise
    finally:
        down(Home(root))
        reaper.communicate()


class TargetServer(NamedTuple):
    """The server that is the target of the migration."""

    name: str
    starting: str
    """Text shown while it starts."""
    address: str
    sets: Dict[str, str]
    """Settings of the jobs that select it."""
    reader: Callable[[], Target]
    """Opens it for the comparison."""


class Servers(NamedTuple):
    """A stack with all servers that its target needs."""

    stack: Stack
    source: Source
    target: TargetServer
    flink: FlinkCluster


def servers(where: Home, target: str = "polardb") -> Servers:
    """Raises StackError when a program is missing."""
    # The check job runs at the same time as the forward job.
    stack = Stack(where, without=TARGETS[target], sizes=Sizes(slots=2 * parallelism()))
    assert stack.source
    assert stack.flink
    return Servers(stack, stack.source, _mongodb(stack) if stack.mongodb else _polardb(stack), stack.flink)


def _polardb(stack: Stack) -> TargetServer:
    assert stack.standin
    address, key, secret = stack.standin.address, stack.standin.access_key, stack.standin.secret_key
    environ = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret.reveal()}
    return TargetServer(
        "PolarDB stand-in",
        "starting PostgreSQL, the PolarDB stand-in and Flink",
        address,
        {"polardb.endpoint": address},
        lambda: Client.from_environment(address, environ),
    )


def _mongodb(stack: Stack) -> TargetServer:
    assert stack.mongodb
    address = stack.mongodb.address
    sets = {"target": "mongodb", "mongodb.database": DATABASE}
    reader = lambda: Documents(address, DATABASE)  # noqa: E731
    return TargetServer("MongoDB", "starting MongoDB and Flink", address, sets, reader)


class Starting:
    """Starts all servers in a separate thread. Both waits raise the error of a failed start."""

    def __init__(self, servers: Servers, pool: Executor) -> None:
        self._source, self._up = servers.source.name, threading.Event()
        self._whole = pool.submit(servers.stack.up, self._said)

    def wait_source(self) -> None:
        while not self._up.wait(0.1):
            if self._whole.done():
                self._whole.result()

    def wait_all(self) -> None:
        self._whole.result()

    def _said(self, text: str) -> None:
        if text.startswith(self._source):
            self._up.set()


@contextmanager
def starting(servers: Servers) -> Iterator[Starting]:
    with ThreadPoolExecutor(1) as pool:
        try:
            yield Starting(servers, pool)
        except BaseException:
            down(servers.stack.home)  # otherwise the pool would wait until all servers have started
            raise


def parallelism() -> int:
    """2 on a small machine, because the servers and the application need cores too."""
    return 2 if (os.cpu_count() or 1) < 8 else 4


def keep_logs(where: Home) -> None:
    """Copy logs and dead letters out of the folder, which is deleted with the demo."""
    shutil.rmtree(LOGS, ignore_errors=True)
    if where.logs.exists():
        LOGS.parent.mkdir(exist_ok=True)
        shutil.copytree(where.logs, LOGS)
