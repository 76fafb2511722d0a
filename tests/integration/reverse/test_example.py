"""The configuration of examples/way-back, with the local stack's addresses and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from connectors.config import load
from connectors.config.settings import Settings
from connectors.reverse.validate import set_up, tear_down
from local.stack.source import ACCESS_KEY, SECRET_KEY, Source
from tests.harness.reverse import ReversePipeline
from tests.harness.settings import arguments
from tests.integration.reverse.pair import DatabasePair, item

EXAMPLE = Path(__file__).parents[3] / "examples" / "way-back" / "application.yaml"


@pytest.fixture
def example(source: Source, pair: DatabasePair, tmp_path: Path) -> Settings:
    """What the README says to replace is replaced; everything else is the example's own."""
    replaced = {
        "dynamodb.endpoint": source.address,
        "dynamodb.region": "us-east-1",
        "polardb.hostname": pair.postgres.host,
        "polardb.port": pair.postgres.port,
        "polardb.database": pair.database,
        "polardb.slotName": pair.slot,
        "filter.whiteTableSet": f"{pair.prefix}*",
        "deadLetter.path": tmp_path / "dead",
        "check.report": tmp_path / "report",
    }
    environ = {
        "POLARSHAKE_DYNAMODB_AK": ACCESS_KEY,
        "POLARSHAKE_DYNAMODB_SK": SECRET_KEY,
        "POLARSHAKE_POLARDB_USERNAME": pair.postgres.user,
        "POLARSHAKE_POLARDB_PASSWORD": pair.postgres.password.reveal(),
    }
    return load([f"--config={EXAMPLE}", *arguments(replaced)], environ)


@pytest.fixture
def running(example: Settings) -> Iterator[ReversePipeline]:
    pipeline = ReversePipeline(example)
    yield pipeline
    pipeline.close()


def test_the_example_replicates_back_from_slot_create_to_slot_drop(
    pair: DatabasePair, example: Settings, running: ReversePipeline
) -> None:
    table = pair.make()
    set_up(example, lambda _: None)
    pair.put(table, item("a", v="1"), item("b", v="1"))
    pair.delete(table, "b")
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert pair.items(table) == {"a": item("a", v="1")}
    running.close()
    tear_down(example, lambda _: None)
    assert pair.sql("SELECT * FROM pg_replication_slots WHERE slot_name = %s", pair.slot) == []
