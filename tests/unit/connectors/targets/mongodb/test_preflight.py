from __future__ import annotations

from typing import Any, Dict, List

import pytest
from bson import ObjectId
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.preflight import NEEDED, explained, lacking_actions, shape_problem
from tests.unit.connectors.targets.mongodb.test_index_plan import BOTH, table


def auth(resource: Dict[str, Any], *actions: str) -> Dict[str, Any]:
    return {
        "authenticatedUsers": [{"user": "me", "db": "admin"}],
        "authenticatedUserPrivileges": [{"resource": resource, "actions": list(actions)}],
    }


ALL: List[str] = sorted(NEEDED)


def test_a_user_needs_every_right_in_the_whole_database() -> None:
    assert not lacking_actions(auth({"db": "app", "collection": ""}, *ALL), "app")
    assert not lacking_actions(auth({"db": "", "collection": ""}, *ALL), "app")
    assert not lacking_actions(auth({"anyResource": True}, "anyAction"), "app")
    assert lacking_actions(auth({"db": "app", "collection": "orders"}, *ALL), "app") == NEEDED
    assert lacking_actions(auth({"db": "other", "collection": ""}, *ALL), "app") == NEEDED
    assert lacking_actions(auth({"db": "app", "collection": ""}, "find", "insert"), "app") == {
        "update", "remove", "createCollection", "createIndex"
    }  # fmt: skip


def test_where_users_are_not_checked_nothing_is_lacking() -> None:
    assert not lacking_actions({"authenticatedUsers": [], "authenticatedUserPrivileges": []}, "app")


PLAIN = {"_id": ObjectId(), "pk": "p", "sk": Int64(1)}


@pytest.mark.parametrize(
    ("sample", "shape"),
    [
        (PLAIN, Shape()),
        ({**PLAIN, "sk": Decimal128("1.5")}, Shape()),
        ({"_id": 1, "pk": {"S": "p"}, "sk": {"N": "1"}}, Shape(raw=True)),
        ({**PLAIN, "_id": {"pk": "p", "sk": Int64(1)}}, Shape(key_as_id=True)),
    ],
)
def test_documents_of_the_configured_form_may_stay(sample: Dict[str, Any], shape: Shape) -> None:
    assert shape_problem(sample, table(BOTH), shape) is None


@pytest.mark.parametrize(
    ("sample", "shape", "problem"),
    [
        (PLAIN, Shape(raw=True), r"not of the configured form"),
        ({"_id": 1, "pk": {"S": "p"}, "sk": {"N": "1"}}, Shape(), "not of the configured form"),
        ({"_id": 1}, Shape(), "not of the configured form"),
        (PLAIN, Shape(key_as_id=True), "whose _id is not the key"),
    ],
)
def test_documents_that_would_remain_in_addition_to_the_new_ones_are_reported(
    sample: Dict[str, Any], shape: Shape, problem: str
) -> None:
    assert problem in str(shape_problem(sample, table(BOTH), shape))


def test_each_fault_is_one_line_that_says_what_to_do() -> None:
    assert "cannot be reached" in explained(ServerSelectionTimeoutError("no servers"), "app").text
    assert "refuses the credentials" in explained(OperationFailure("Authentication failed.", 18), "app").text
    assert "access to database app" in explained(OperationFailure("not authorized", 13), "app").text
