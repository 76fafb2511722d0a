"""Every server of the local stack together, as `make up` starts them."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Collection, List, Optional, Protocol

from local.stack.errors import StackError
from local.stack.flink.cluster import FlinkCluster
from local.stack.flink.config import Sizes
from local.stack.home import PROJECT, Home
from local.stack.mongodb import MongoDB
from local.stack.postgres import Postgres
from local.stack.privilege import elsewhere
from local.stack.source import Source, source
from local.stack.standin import StandIn
from local.stack.sweep import running, sweep

HOME = Home(PROJECT / ".local")
PARTS = ("source", "postgres", "standin", "mongodb", "flink")
TARGETS = {"polardb": ("mongodb",), "mongodb": ("postgres", "standin")}
"""Parts that a stack with this target does not need."""


class Starts(Protocol):
    name: str

    def start(self) -> None: ...

    def wait_ready(self) -> None: ...


class Stack:
    """The servers of `PARTS` that are not in `without`; the others are None."""

    def __init__(self, home: Home, without: Collection[str] = (), sizes: Optional[Sizes] = None) -> None:
        self.home = home
        self.source: Optional[Source] = source(home) if "source" not in without else None
        self.postgres = Postgres(home) if "postgres" not in without else None
        self.standin = StandIn(home, self.postgres) if self.postgres and "standin" not in without else None
        self.mongodb = MongoDB(home) if "mongodb" not in without else None
        self.flink = FlinkCluster(home, sizes) if "flink" not in without else None

    def up(self, say: Callable[[str], None] = print) -> None:
        """Start with empty data. Raises StackError if the stack is already running or a server does not
        start."""
        if running(self.home):
            raise StackError(
                "the local stack is already running. See `make status`, or stop it with `make down`."
            )
        self.home.remove()
        self.home.prepare()
        try:
            self._start(say)
        except BaseException:
            down(self.home)
            raise

    def _start(self, say: Callable[[str], None]) -> None:
        # The stand-in needs its database; the other servers start in parallel.
        chains: List[List[Optional[Starts]]] = [
            [self.source],
            [self.postgres, self.standin],
            [self.mongodb],
            [self.flink],
        ]
        with ThreadPoolExecutor(len(chains)) as pool:
            for done in [pool.submit(_start_all, chain, say) for chain in chains]:
                done.result()


def down(home: Home) -> int:
    """End all processes of this stack, even of another starter; return their number. The logs are kept."""
    count = len(running(home))
    sweep(home)
    shutil.rmtree(home.run, ignore_errors=True)
    shutil.rmtree(elsewhere(home.data / "postgres"), ignore_errors=True)
    return count


def _start_all(chain: List[Optional[Starts]], say: Callable[[str], None]) -> None:
    for server in chain:
        if server is not None:
            server.start()
            server.wait_ready()
            say(f"{server.name} is ready")
