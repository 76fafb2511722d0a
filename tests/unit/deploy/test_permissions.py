"""The IAM policies, the documented permissions and the calls in the code are the same."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import botocore.session
import pytest

ROOT = Path(__file__).parents[3]
POLICIES = {
    path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "deploy" / "iam").glob("*.json"))
}
MIGRATE = (ROOT / "docs" / "migrate.md").read_text()
EVERYWHERE = {"dynamodb:ListTables", "dynamodb:DescribeLimits", "dynamodb:ListBackups"}
"""Actions that IAM grants for all tables or none."""
OF_THE_TARGET = {"DeleteTable", "UpdateTimeToLive"}
"""Operations that are called at PolarDB's endpoint only, which has no IAM."""


def actions(policy):
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def documented():
    section = MIGRATE.split("### Permissions")[1].split("\n## ")[0]
    return set(re.findall(r"`(dynamodb:\w+)`", section))


def literals(folder):
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def operations():
    """The operations of both services."""
    session = botocore.session.get_session()
    return {
        name
        for service in ("dynamodb", "dynamodbstreams")
        for name in session.get_service_model(service).operation_names
    }


def called():
    return set(literals(ROOT / "connectors")) & operations()


def test_the_forward_policy_is_the_documented_table():
    assert actions(POLICIES["forward"]) == documented()


def test_every_call_in_the_code_is_allowed_by_a_policy_or_goes_to_the_target():
    allowed = {action.split(":")[1] for policy in POLICIES.values() for action in actions(policy)}
    single_writes = {"PutItem", "DeleteItem"}  # the retry rules know them; nothing sends them
    assert called() - allowed - OF_THE_TARGET - single_writes == set()


def test_no_policy_allows_what_the_code_never_calls():
    for name, policy in POLICIES.items():
        assert {action.split(":")[1] for action in actions(policy)} <= called(), name


@pytest.mark.parametrize("name", POLICIES)
def test_only_what_concerns_the_whole_account_is_allowed_everywhere(name):
    for statement in POLICIES[name]["Statement"]:
        assert statement["Effect"] == "Allow"
        if not set(statement["Action"]) <= EVERYWHERE:
            assert re.fullmatch(
                r"arn:aws-cn:dynamodb:REGION:ACCOUNT:table/\*(/stream/\*)?", statement["Resource"]
            )


def test_only_the_reverse_job_may_write_to_dynamodb():
    writing = {"dynamodb:BatchWriteItem", "dynamodb:CreateTable"}
    assert actions(POLICIES["reverse"]) >= writing
    assert not (actions(POLICIES["forward"]) | actions(POLICIES["check"])) & writing
