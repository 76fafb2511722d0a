"""Real servers: the local stack's source, loaded with the same items, and the PolarDB stand-in on PostgreSQL.

They are far slower than any client here. This part therefore does not measure costs: it shows that a
candidate keeps the servers busy and that the copy is complete.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Optional

from bench.arrivals import Arrivals
from bench.canned.items import ATTRIBUTES, KEY_SCHEMA, PAGE, item_text
from bench.canned.pages import Template
from bench.environments import Endpoints, Environment, delayed, host_of
from bench.options import Side, dump, schema_of
from bench.subprocesses import Helper, helper
from bench.upper_bound import Lanes
from bench.wire import Wire
from connectors.base.secret import Secret
from local.stack.home import Home
from local.stack.postgres import Postgres
from local.stack.privilege import elsewhere
from local.stack.source import ACCESS_KEY, SECRET_KEY, source
from local.stack.standin import StandIn

TABLE = "bench-00"


class RealEnvironment:
    """`gate`: the proxy in front of the source."""

    def __init__(
        self, gate: Helper, endpoints: Endpoints, target: Side, count: int, arrivals: Arrivals
    ) -> None:
        self.endpoints, self.count = endpoints, count
        self._gate, self._target, self._arrivals = gate, target, arrivals
        self._opened = 0.0

    def held(self) -> bool:
        return self._gate.has_line()

    def open(self) -> None:
        self._opened = time.monotonic()
        self._gate.tell("open")

    def done(self, ended: bool) -> Optional[float]:
        """Seconds until the last item has arrived. The job itself ends later, up to ten seconds, at its next
        checkpoint."""
        if self._arrivals.whole():
            return time.monotonic() - self._opened
        if ended:
            self.check()
        return None

    def check(self) -> None:
        found = _count(self._target)
        if found != self.count:
            raise RuntimeError(f"the target holds {found} items, not {self.count}")


def real(
    count: int, milliseconds: Optional[float] = None
) -> Callable[[], AbstractContextManager[Environment]]:
    """`milliseconds`: added to each request on both sides. With 0, the same proxies are used without a delay,
    so that two runs differ only in the delay."""
    return lambda: _servers(count, milliseconds)


@contextlib.contextmanager
def _servers(count: int, milliseconds: Optional[float]) -> Iterator[RealEnvironment]:
    root = Path(tempfile.mkdtemp(prefix="polarshake-bench-"))
    with contextlib.ExitStack() as stack:
        home = Home(root)
        for folder in (root, elsewhere(home.data / "postgres")):
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        origin = stack.enter_context(source(home))
        postgres = stack.enter_context(Postgres(home))
        target = stack.enter_context(StandIn(home, postgres))
        load(Side(origin.address, ACCESS_KEY, Secret(SECRET_KEY)), count)
        proxy = ("bench.proxy_latency", f"--milliseconds={milliseconds or 0}", "--upstream")
        gate = stack.enter_context(helper(*proxy, host_of(origin.address), "--gate"))
        address = f"http://127.0.0.1:{gate.line()}"
        writes = target.address
        if milliseconds is not None:
            writes = stack.enter_context(delayed(writes, milliseconds))
        keys = {
            "POLARSHAKE_DYNAMODB_AK": ACCESS_KEY,
            "POLARSHAKE_DYNAMODB_SK": SECRET_KEY,
            "POLARSHAKE_POLARDB_AK": target.access_key,
            "POLARSHAKE_POLARDB_SK": target.secret_key.reveal(),
        }
        endpoints = Endpoints(address, writes, [TABLE], "full", keys)
        arrivals = stack.enter_context(contextlib.closing(Arrivals(postgres, TABLE, count)))
        side = Side(target.address, target.access_key, target.secret_key)
        yield RealEnvironment(gate, endpoints, side, count, arrivals)


def load(side: Side, count: int) -> None:
    """Create the table and fill it with the prepared server's items."""
    described = {"TableName": TABLE, "KeySchema": KEY_SCHEMA, "AttributeDefinitions": ATTRIBUTES}
    Wire(side, "CreateTable", signed=True).call(dump(schema_of(described)))
    template = Template([item_text(slot) for slot in range(PAGE)])
    lanes = Lanes(side, signed=True)
    for start in range(0, count, PAGE):
        page = start // PAGE
        lanes.put(TABLE, [template.run(page, slot, slot + 1) for slot in range(min(PAGE, count - start))])
    lanes.finish()


def _count(side: Side) -> int:
    wire = Wire(side, "Scan", signed=True)
    request: Dict[str, Any] = {"TableName": TABLE, "Select": "COUNT"}
    found = 0
    while True:
        page = json.loads(bytes(wire.call(dump(request))))
        found += int(page["Count"])
        if "LastEvaluatedKey" not in page:
            return found
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
