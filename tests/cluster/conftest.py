"""One cluster and one pair of servers for all tests. Each test has its own tables."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Generator, Iterator, List

import pytest

from local.stack.postgres import Postgres
from local.stack.source import Source
from local.stack.standin import StandIn
from local.traffic import Client
from local.verify import Documents
from tests.cluster.migration import Migration, Sides, client
from tests.cluster.postmortem import postmortem
from tests.cluster.recorder import Recorder
from tests.cluster.reverse_job import SubmittedReverseJob
from tests.harness.mongowire import wire_to
from tests.harness.warm_cluster import WarmCluster


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed and "cluster" in item.funcargs:
        report.sections.append(("what Flink says", postmortem(item.funcargs["cluster"])))


@pytest.fixture
def cluster(flink_cluster: WarmCluster) -> WarmCluster:
    return flink_cluster


@pytest.fixture(scope="session")
def source_secret() -> str:
    """The source does not verify it, but the job signs with it and must not show it."""
    return secrets.token_urlsafe(24)


@pytest.fixture
def all_secrets(target: str, source_secret: str, request: pytest.FixtureRequest) -> List[str]:
    """The secrets of the job and of its servers."""
    if target == "mongodb":
        return [source_secret]
    standin, postgres = request.getfixturevalue("standin"), request.getfixturevalue("postgres")
    return [source_secret, standin.secret_key.reveal(), postgres.password.reveal()]


@pytest.fixture
def target(request: pytest.FixtureRequest) -> str:
    """polardb, or the target that a test sets with `parametrize("target", .., indirect=True)`."""
    return str(getattr(request, "param", "polardb"))


@pytest.fixture
def sides(
    source: Source,
    target: str,
    source_secret: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Sides]:
    """Both sides. The job gets its secrets from the environment of `flink run`."""
    monkeypatch.setenv("POLARSHAKE_DYNAMODB_AK", "local")
    monkeypatch.setenv("POLARSHAKE_DYNAMODB_SK", source_secret)
    direct = client(source.address, "local", source_secret)
    serve = mongodb_sides if target == "mongodb" else polardb_sides
    with Recorder(source.address) as reads, serve(direct, reads, request, monkeypatch) as sides:
        yield sides


@contextmanager
def polardb_sides(
    direct: Client, reads: Recorder, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sides]:
    standin: StandIn = request.getfixturevalue("standin")
    monkeypatch.setenv("POLARSHAKE_POLARDB_AK", standin.access_key)
    monkeypatch.setenv("POLARSHAKE_POLARDB_SK", standin.secret_key.reveal())
    target = client(standin.address, standin.access_key, standin.secret_key.reveal())
    with Recorder(standin.address) as writes:
        past = {"polardb.endpoint": standin.address}
        sets = {"polardb.endpoint": writes.address}
        yield Sides(direct, target, reads, writes, "BatchWriteItem", sets, past)


@contextmanager
def mongodb_sides(
    direct: Client, reads: Recorder, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sides]:
    uri: str = request.getfixturevalue("mongodb")
    database = f"polarshake_{secrets.token_hex(4)}"
    target = Documents(uri, database)
    with wire_to(uri) as writes:
        monkeypatch.setenv("POLARSHAKE_MONGODB_URI", writes.address)
        yield Sides(
            direct, target, reads, writes, "update", {"target": "mongodb", "mongodb.database": database}
        )
    target.client.drop_database(database)
    target.close()


@pytest.fixture
def migration(cluster: WarmCluster, sides: Sides, tmp_path: Path) -> Iterator[Callable[..., Migration]]:
    """A function that creates a migration with the given number of items."""
    migrations: List[Migration] = []

    def make(items: int = 3000, **options: Any) -> Migration:
        migrations.append(Migration(cluster, sides, tmp_path, f"c{secrets.token_hex(3)}_", items))
        return migrations[-1].prepare(**options)

    yield make
    for each in migrations:
        each.abandon()


@pytest.fixture
def reverse_job(
    cluster: WarmCluster,
    sides: Sides,
    postgres: Postgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SubmittedReverseJob]:
    monkeypatch.setenv("POLARSHAKE_POLARDB_USERNAME", postgres.user)
    monkeypatch.setenv("POLARSHAKE_POLARDB_PASSWORD", postgres.password.reveal())
    reverse_job = SubmittedReverseJob(cluster, sides, postgres, tmp_path, 1500).prepare()
    yield reverse_job
    reverse_job.abandon()


@pytest.fixture
def measured() -> Callable[[str, object], None]:
    """A function that records a measurement. It is printed on the terminal with `-s`, and after a failure."""

    def note(name: str, value: object) -> None:
        print(f"\n  measured: {name}: {value}", flush=True)

    return note
