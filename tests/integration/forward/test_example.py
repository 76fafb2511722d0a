"""The configuration of examples/polardb, with the addresses and tables of the local stack."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from connectors.config import load
from connectors.config.settings import Settings
from connectors.forward.components import ForwardParts
from connectors.forward.validate import validate
from local.stack.source import ACCESS_KEY, SECRET_KEY, Source
from tests.harness.pipeline import Pipeline
from tests.harness.settings import arguments
from tests.integration.forward.conftest import TargetServer
from tests.integration.forward.tables import Sides

EXAMPLE = Path(__file__).parents[3] / "examples" / "polardb" / "application.yaml"


@pytest.fixture
def example(source: Source, target: TargetServer, sides: Sides, tmp_path: Path) -> Settings:
    """What the README says to replace is replaced; everything else is the example's own."""
    replaced = {
        "dynamodb.endpoint": source.address,
        "dynamodb.region": "us-east-1",
        "filter.whiteTableSet": f"{sides.prefix}*",
        "deadLetter.path": tmp_path / "dead",
        "check.report": tmp_path / "report",
        **target.sets,
    }
    keys = {"POLARSHAKE_DYNAMODB_AK": ACCESS_KEY, "POLARSHAKE_DYNAMODB_SK": SECRET_KEY}
    return load([f"--config={EXAMPLE}", *arguments(replaced)], {**keys, **target.environ})


@pytest.fixture
def running(example: Settings) -> Iterator[Pipeline]:
    pipeline = Pipeline(example, ForwardParts, 0)
    yield pipeline
    pipeline.close()


def test_the_example_copies_tables_and_follows_their_changes(
    sides: Sides, example: Settings, running: Pipeline
) -> None:
    table = sides.make("orders", stream=False)
    sides.put(table, *({"pid": {"S": f"p{at}"}, "sid": {"N": str(at)}} for at in range(50)))
    validate(example, resumed=False)
    sides.settle(running)
    sides.put(table, {"pid": {"S": "later"}, "sid": {"N": "1"}})
    sides.settle(running)
    assert len(sides.items(table)) == 51
