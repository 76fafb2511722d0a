"""What a look at DynamoDB shows."""

import pytest

from connectors.base.errors import TransientError
from connectors.reverse.survey import DESCRIBED, TableIds
from tests.unit.connectors.reverse.test_tables import service

NAMES = [f"t{number:02}" for number in range(DESCRIBED + 5)]


def everything(name):
    return True


def test_tables_are_described_in_turn_and_their_ids_are_kept():
    ids = TableIds(lambda: service(*NAMES), everything)
    names, first = ids.look()
    assert (sorted(names), len(first)) == (NAMES, DESCRIBED)
    assert sorted(ids.look()[1]) == NAMES


def test_only_tables_that_the_filter_includes_are_described():
    names, ids = TableIds(lambda: service(*NAMES), "t03".__eq__).look()
    assert (len(names), list(ids)) == (len(NAMES), ["t03"])
    assert ids["t03"]


def test_while_dynamodb_does_not_answer_its_last_answer_counts():
    dynamodb = service("t")
    ids = TableIds(lambda: dynamodb, everything)
    before = ids.look()
    dynamodb.fail("ListTables", TransientError("no"), times=None)
    assert ids.look() == before
    with pytest.raises(TransientError):
        TableIds(lambda: dynamodb, everything).look()
