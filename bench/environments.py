"""The servers of one run: a source behind a gate, a target, and the check whether everything has arrived."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Protocol

from bench.subprocesses import helper


class Endpoints(NamedTuple):
    """The input of a candidate. `env` contains the access keys."""

    source: str
    target: str
    tables: List[str]
    mode: str
    """full or incremental"""
    env: Dict[str, str]


class Environment(Protocol):
    endpoints: Endpoints
    count: int
    """the number of items or records to be moved"""

    def held(self) -> bool:
        """Whether a candidate has reached the gate: its start-up is over."""
        ...

    def open(self) -> None: ...

    def done(self, ended: bool) -> Optional[float]:
        """Seconds from the opening of the gate to the last write; None while something is missing.

        `ended`: the candidate has ended, so nothing more can arrive. In this case, raises RuntimeError if
        something is missing.
        """
        ...

    def check(self) -> None:
        """Raises RuntimeError if the contents of the target are wrong."""
        ...


class Load(NamedTuple):
    items: int = 0
    records: int = 0
    tables: int = 2
    shards: int = 4
    """of each stream"""
    kilobytes: int = 1
    """of each item"""
    milliseconds: float = 0.0
    """added to every request"""
    verify: bool = False
    """count distinct keys at the target"""
    mirror: bool = False
    """the target contains the same items as the source, and nothing is written"""


class CannedEnvironment:
    def __init__(self, address: str, endpoints: Endpoints, load: Load) -> None:
        self._address, self.endpoints, self._load = address, endpoints, load
        self.count = load.records or load.items
        self.units = 0.0
        """Read capacity units of the source, when the run is over."""

    def held(self) -> bool:
        return bool(self._ask("/_stats")["held"])

    def open(self) -> None:
        self._ask("/_open")

    def done(self, ended: bool) -> Optional[float]:
        stats = self._ask("/_stats")
        if self._load.mirror:
            self.units = float(stats["units"].get("source", 0.0))
            return time.time() - float(stats["opened_at"]) if ended else None
        if stats["items_written"] >= self.count:
            return float(stats["last_write_at"] - stats["opened_at"])
        if ended:
            raise RuntimeError(f"only {stats['items_written']} of {self.count} items were written")
        return None

    def check(self) -> None:
        distinct = self._ask("/_stats")["distinct_by_table"]
        if distinct is not None and sum(distinct.values()) != self.count:
            raise RuntimeError(f"{sum(distinct.values())} distinct items arrived, not {self.count}")

    def _ask(self, path: str) -> Dict[str, Any]:
        with urllib.request.urlopen(self._address + path, timeout=30) as answer:
            found: Dict[str, Any] = json.load(answer)
        return found


@contextlib.contextmanager
def canned(load: Load) -> Iterator[CannedEnvironment]:
    """A new prepared server, behind proxies if the load requires latency."""
    options = [
        f"--{name}={getattr(load, name)}" for name in ("items", "records", "tables", "shards", "kilobytes")
    ]
    options += ["--gate"] + ["--verify"] * load.verify + ["--mirror"] * load.mirror
    with contextlib.ExitStack() as stack:
        told = json.loads(stack.enter_context(helper("bench.canned", *options)).line())
        source, target = told["source"], told["target"]
        if load.milliseconds:
            source, target = (
                stack.enter_context(delayed(url, load.milliseconds)) for url in (source, target)
            )
        mode = "incremental" if load.records else "full"
        yield CannedEnvironment(told["source"], Endpoints(source, target, told["tables"], mode, {}), load)


@contextlib.contextmanager
def delayed(url: str, milliseconds: float) -> Iterator[str]:
    with helper("bench.proxy_latency", "--upstream", host_of(url), f"--milliseconds={milliseconds}") as proxy:
        yield f"http://127.0.0.1:{proxy.line()}"


def host_of(url: str) -> str:
    return url.rpartition("/")[2]
