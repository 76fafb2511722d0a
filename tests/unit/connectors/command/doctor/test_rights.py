"""Each IAM action is checked by name. The actions equal those of deploy/iam."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.command.doctor.line import Level
from connectors.command.doctor.rights import (
    Right,
    check_rights,
    forward_rights,
    reverse_rights,
    right_lines,
)
from tests.unit.connectors.command.doctor.examinations import settings_of

IAM = Path(__file__).parents[5] / "deploy" / "iam"


def policy(name):
    statements = json.loads((IAM / f"{name}.json").read_text())["Statement"]
    return {action.split(":")[1] for statement in statements for action in statement["Action"]}


@pytest.mark.parametrize(
    ("name", "rights"),
    [
        ("forward", forward_rights(settings_of(streams__gap="rescan"))),
        ("check", check_rights(settings_of(check__since="/report"))),
        ("reverse", reverse_rights(settings_of(reverse__truncate="delete", reverse__missingTable="create"))),
    ],
)
def test_with_everything_switched_on_the_actions_are_those_of_the_policy(name, rights):
    assert {right.operation for right in rights} == policy(name)
    assert len({right.operation for right in rights}) == len(rights)


@pytest.mark.parametrize(
    ("sets", "operations"),
    [
        ({"mode": "schema"}, {"ListTables", "DescribeTable", "DescribeTimeToLive"}),
        ({"mode": "schema", "tables__copyTtl": "false"}, {"ListTables", "DescribeTable"}),
        ({"mode": "full"}, {"ListTables", "DescribeTable", "DescribeTimeToLive", "Scan"}),
    ],
)
def test_a_mode_needs_only_what_it_uses(sets, operations):
    assert {right.operation for right in forward_rights(settings_of(**sets))} == operations


def test_without_permission_to_enable_streams_update_table_is_not_needed():
    rights = forward_rights(settings_of(streams__enable="false"))
    assert "UpdateTable" not in {right.operation for right in rights}


def test_a_repair_of_dynamodb_writes_there():
    sets = {"check__repair": "true", "check__direction": "reverse"}
    assert "BatchWriteItem" in {right.operation for right in check_rights(settings_of(**sets))}


def test_allowed_is_green_unverified_is_yellow_and_denied_has_no_line_here():
    rights = [
        Right("Scan", ""),
        Right("UpdateTable", "cannot be verified without writing"),
        Right("GetRecords", ""),
    ]
    lines = list(right_lines(rights, {"Scan", "GetRecords"}, {"GetRecords"}))
    assert [(line.level, line.text) for line in lines] == [
        (Level.GREEN, "dynamodb:Scan: allowed"),
        (Level.YELLOW, "dynamodb:UpdateTable: not verified: cannot be verified without writing"),
    ]


def test_if_dynamodb_did_not_answer_all_rights_are_one_line():
    [line] = right_lines(forward_rights(settings_of()), set(), set())
    assert line.level is Level.YELLOW
    assert "because DynamoDB did not answer: ListTables, DescribeTable" in line.text
