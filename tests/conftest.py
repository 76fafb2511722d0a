"""Servers for the tests, each started when the first test asks for it and shared within a test process.

Under pytest-xdist every process has its own, so tests in parallel do not meet. A test that changes a server's
settings or kills it starts its own: see `home`.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional

import hypothesis
import pytest

if TYPE_CHECKING:  # unit tests run without the packages these need
    from local.stack.fault_proxy import FaultProxy
    from local.stack.flink.cluster import FlinkCluster
    from local.stack.flink.config import Sizes
    from local.stack.home import Home
    from local.stack.postgres import Postgres
    from local.stack.source import Source
    from local.stack.standin import StandIn

_TESTS = Path(__file__).parent

# No deadlines: the machines are shared and slow for seconds. In CI the same examples every time, so that what
# fails there was changed there; elsewhere new ones, which find what is left.
hypothesis.settings.register_profile(
    "polarshake",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("polarshake")


MOST_JOBS = 6
"""Of one cluster: each Python job leaves classes and direct memory behind, until a TaskManager ends of it."""

CLUSTERS = 2
"""At once. Their tests wait half of the time, for restarts and checkpoints: one alone leaves a core idle."""


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses by marker
def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """A test's folder is its kind, unless the test says `cluster` itself.

    A file's tests stay in one process. Those with a Flink cluster come last, spread file by file over as many
    processes as there may be clusters at once.
    """
    clusters: Dict[Path, int] = {}
    for item in items:
        kind = "cluster" if item.get_closest_marker("cluster") else item.path.relative_to(_TESTS).parts[0]
        group = str(item.path)
        if kind == "cluster":
            group = f"cluster {clusters.setdefault(item.path, len(clusters) % CLUSTERS)}"
        item.add_marker(kind)
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.get_closest_marker("cluster") is not None)


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
def _clusters(home: Home) -> Iterator[List[FlinkCluster]]:
    running: List[FlinkCluster] = []
    yield running
    for cluster in running:
        cluster.stop()


@pytest.fixture
def flink_cluster(home: Home, _clusters: List[FlinkCluster]) -> Iterator[Callable[..., FlinkCluster]]:
    """Call it with the sizes wanted: the running cluster is used again if it has them, nothing was killed,
    and it has not had MOST_JOBS.

    Jobs still running after the test are cancelled.
    """
    from local.stack.flink.cluster import FlinkCluster
    from local.stack.flink.config import Sizes

    def start(sizes: Optional[Sizes] = None) -> FlinkCluster:
        wanted = sizes or Sizes()
        fresh = bool(_clusters) and _clusters[0].submitted < MOST_JOBS
        if fresh and _clusters[0].sizes == wanted and _clusters[0].whole():
            return _clusters[0]
        while _clusters:
            _clusters.pop().stop()
        _clusters.append(FlinkCluster(home, wanted))
        return _clusters[0].__enter__()

    yield start
    for cluster in _clusters:
        cluster.cancel_all()
