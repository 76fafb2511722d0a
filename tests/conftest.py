"""Servers for the tests, each started when the first test asks for it and shared within a test process.

Under pytest-xdist every process has its own, so tests in parallel do not meet. A test that changes a server's
settings or kills it starts its own: see `home`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, List

import hypothesis
import pytest

from tests.harness.depth import examples

if TYPE_CHECKING:  # unit tests run without the packages these need
    from local.stack.fault_proxy import FaultProxy
    from local.stack.home import Home
    from local.stack.postgres import Postgres
    from local.stack.source import Source
    from local.stack.standin import StandIn
    from tests.harness.warm_cluster import WarmCluster

_TESTS = Path(__file__).parent

# No deadlines: the machines are shared and slow for seconds. In CI the same examples every time, so that what
# fails there was changed there; elsewhere new ones, which find what is left.
hypothesis.settings.register_profile(
    "polarshake",
    max_examples=examples(100),
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("polarshake")


MOST_JOBS = 24
"""Of one cluster: each Python job leaves classes and direct memory behind, until a TaskManager ends of it."""

FIRST_CLUSTER = ("test_forward.py", "test_demo.py")
"""The cluster tests run in two processes, each with a cluster. These files are about half of the work."""


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses by marker
def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """A test's folder is its kind, unless the test says `cluster` itself. A file's tests stay in one process.

    Those with a cluster begin first: they wait for half of their time, and the others run beside them.
    """
    for item in items:
        kind = "cluster" if item.get_closest_marker("cluster") else item.path.relative_to(_TESTS).parts[0]
        group = str(item.path)
        if kind == "cluster":
            group = f"cluster {int(item.path.name in FIRST_CLUSTER)}"
        item.add_marker(kind)
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.get_closest_marker("cluster") is None)


@pytest.fixture(scope="session")
def home() -> Iterator[Home]:
    """A folder for servers, outside pytest's own: PostgreSQL, which does not run as root, must reach it.

    Whatever a test starts in it ends with this process, also when that is killed.
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
    """The connection string of a MongoDB: the one that MONGODB_URI names, or the local stack's."""
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


@pytest.fixture
def fault_proxy(home: Home) -> Iterator[Callable[..., FaultProxy]]:
    """Call it with an upstream address, `protocol="postgres"` where it is one, and the `keys` it checks."""
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
    """One cluster for all tests of this process; a new one where a test left it without a process, or after
    MOST_JOBS. Jobs still running after the test are cancelled."""
    from tests.harness.warm_cluster import SIZES, WarmCluster

    if not _clusters or not _clusters[0].whole() or _clusters[0].submitted >= MOST_JOBS:
        while _clusters:
            _clusters.pop().stop()
        cluster = WarmCluster(home, SIZES)
        _clusters.append(cluster)
        cluster.__enter__()
    yield _clusters[0]
    _clusters[0].cancel_all()
