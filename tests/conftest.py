"""Servers for the tests. Each is started on first use and shared within a test process.

Under pytest-xdist every process has its own servers, so parallel tests do not affect each other. A test that
changes a server's settings or kills it starts its own server: see `home`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, List

import hypothesis
import pytest

from tests.harness.depth import examples

if TYPE_CHECKING:  # Unit tests run without the packages that these need.
    from local.stack.fault_proxy import FaultProxy
    from local.stack.home import Home
    from local.stack.postgres import Postgres
    from local.stack.source import Source
    from local.stack.standin import StandIn
    from tests.harness.browser import Browser
    from tests.harness.warm_cluster import WarmCluster

_TESTS = Path(__file__).parent

# There are no deadlines, because the machines are shared and can be slow for seconds. CI always uses the same
# examples, so that a failure is caused by a change. Elsewhere the examples are new each time, to find more
# errors.
hypothesis.settings.register_profile(
    "polarshake",
    max_examples=examples(100),
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("polarshake")


MOST_JOBS = 40
"""Maximum jobs of one cluster. Each Python job leaks direct memory, until a TaskManager fails."""

FIRST_CLUSTER = ("test_forward.py", "test_cutover.py")
"""Test files of the first of two processes, each of which has a cluster. They are about half of the work."""

LONG = ("test_oldest_python.py", "test_postgres_versions.py", "test_checks.py")
"""Test files whose tests take minutes each and need nothing that another test uses."""


@pytest.hookimpl(tryfirst=True)  # before `-m` selects by marker
def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """Mark each test with the name of its folder, unless it has the mark `cluster` itself. All tests of a
    file run in one process, but each part of the unit tests under the oldest Python in any.

    Tests with a cluster start first: they wait half of the time, and the other tests run meanwhile. The
    longest of the others follow.
    """
    for item in items:
        kind = "cluster" if item.get_closest_marker("cluster") else item.path.relative_to(_TESTS).parts[0]
        group = str(item.path)
        if kind == "cluster":
            group = f"cluster {int(item.path.name in FIRST_CLUSTER)}"
        if item.path.name in LONG:
            group = item.nodeid
        item.add_marker(kind)
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    if item.get_closest_marker("cluster"):
        return 0
    return 1 if item.path.name in LONG else 2


@pytest.fixture(scope="session")
def home() -> Iterator[Home]:
    """A folder for servers, outside pytest's own folder, because PostgreSQL does not run as root and must
    access it.

    Servers in it end with this process, even if the process is killed.
    """
    from local.stack.home import Home
    from local.stack.reaper import watch

    root = Path(tempfile.mkdtemp(prefix="polarshake-test-"))
    root.chmod(0o755)
    reaper = watch(Home(root))
    yield Home(root)
    reaper.communicate()


@pytest.fixture(scope="session")
def postgres(home: Home) -> Iterator[Postgres]:
    from local.stack.postgres import Postgres

    with Postgres(home, settings={"fsync": "off"}) as server:
        yield server


@pytest.fixture(scope="session")
def source(home: Home) -> Iterator[Source]:
    from local.stack.source import source

    with source(home) as server:
        yield server


@pytest.fixture(scope="session")
def standin(home: Home, postgres: Postgres) -> Iterator[StandIn]:
    from local.stack.standin import StandIn

    with StandIn(home, postgres) as server:
        yield server


@pytest.fixture(scope="session")
def mongodb(home: Home) -> Iterator[str]:
    """The connection string of a MongoDB: the value of MONGODB_URI, or the local stack's server."""
    from local.stack.errors import StackError
    from local.stack.mongodb import MongoDB, program, real

    brought = real()
    if brought:
        yield brought
        return
    try:
        program()
    except StackError as error:
        pytest.skip(str(error))
    with MongoDB(home) as server:
        yield server.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from tests.harness.browser import NAMES, Browser, find

    pytest.importorskip("aiohttp", reason="the browser is driven over a WebSocket of aiohttp")
    program = find()
    if program is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(NAMES)} is on the PATH")
    with Browser(program) as running:
        yield running


@pytest.fixture
def fault_proxy(home: Home) -> Iterator[Callable[..., FaultProxy]]:
    """A function that starts a fault proxy. Its arguments are an upstream address, `protocol="postgres"` for
    PostgreSQL, and the `keys` whose signatures the upstream checks."""
    from local.stack.fault_proxy import FaultProxy
    from local.stack.source import servers_folder

    if not (servers_folder() / "microburst").exists():
        pytest.skip("microburst needs Python 3.10")
    started: List[FaultProxy] = []

    def start(upstream: str, **options: Any) -> FaultProxy:
        proxy = FaultProxy(home, upstream, name=f"fault-proxy-{len(started)}", **options)
        started.append(proxy)
        return proxy.__enter__()

    yield start
    for proxy in started:
        proxy.stop()


@pytest.fixture(scope="session")
def _clusters(home: Home) -> Iterator[List[WarmCluster]]:
    running: List[WarmCluster] = []
    yield running
    for cluster in running:
        cluster.stop()


@pytest.fixture
def flink_cluster(home: Home, _clusters: List[WarmCluster]) -> Iterator[WarmCluster]:
    """One cluster for all tests of this process. A new one is started if a test has killed one of its
    processes, and after MOST_JOBS jobs. Jobs that still run after a test are cancelled."""
    from tests.harness.warm_cluster import SIZES, WarmCluster

    if not _clusters or not _clusters[0].whole() or _clusters[0].submitted >= MOST_JOBS:
        while _clusters:
            _clusters.pop().stop()
        cluster = WarmCluster(home, SIZES)
        _clusters.append(cluster)
        cluster.__enter__()
    yield _clusters[0]
    _clusters[0].cancel_all()
