"""The configurations of examples/polardb and mongodb, with addresses and tables of the local stack."""

from __future__ import annotations

import re
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

EXAMPLES = Path(__file__).parents[3] / "examples"
each_example = pytest.mark.parametrize(
    ("name", "target"),
    [("polardb", "polardb"), ("mongodb", "mongodb, change, key")],
    indirect=["target"],
    ids=["polardb", "mongodb"],
)
PLACES = ("polardb.endpoint", "mongodb.database")
"""Of the target's settings, those that are addresses or names."""


@pytest.fixture
def example(source: Source, target: TargetServer, sides: Sides, tmp_path: Path, name: str) -> Settings:
    """What the README says to replace is replaced; everything else is the example's own. Local servers are
    consistent at once: no grace period is needed."""
    replaced = {
        "streams.graceSeconds": 0,
        "dynamodb.endpoint": source.address,
        "dynamodb.region": "us-east-1",
        "deadLetter.path": tmp_path / "dead",
        "check.report": tmp_path / "report",
        **{place: target.sets[place] for place in PLACES if place in target.sets},
    }
    keys = {"POLARSHAKE_DYNAMODB_AK": ACCESS_KEY, "POLARSHAKE_DYNAMODB_SK": SECRET_KEY}
    file = tmp_path / "application.yaml"
    text = (EXAMPLES / name / "application.yaml").read_text()
    text, filters = re.subn(r"(?m)^filter:\n  .*$", f'filter:\n  whiteTableSet: ["{sides.prefix}*"]', text)
    assert filters == 1
    file.write_text(text)
    return load([f"--config={file}", *arguments(replaced)], {**keys, **target.environ})


@pytest.fixture
def running(example: Settings) -> Iterator[Pipeline]:
    pipeline = Pipeline(example, ForwardParts, 0)
    yield pipeline
    pipeline.close()


@each_example
def test_the_example_copies_tables_and_follows_their_changes(
    sides: Sides, example: Settings, running: Pipeline
) -> None:
    table = sides.make("orders", stream=False)
    sides.put(table, *({"pid": {"S": f"p{at}"}, "sid": {"N": str(at)}} for at in range(50)))
    validate(example, resumed=False)
    sides.settle(running)
    sides.put(table, {"pid": {"S": "later"}, "sid": {"N": "1"}})
    sides.settle(running)
    verdict = sides.verdict([table])
    assert verdict.equal, str(verdict)
    assert [compared.found for compared in verdict.tables] == [51]
