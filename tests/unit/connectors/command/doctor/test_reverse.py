"""The reverse job's sides: what PostgreSQL says, and the DynamoDB tables."""

from __future__ import annotations

import pytest

from connectors.base.errors import PreflightError, TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.postgres.layout.proof import Sample
from tests.fakes.layout import facts as relation_facts
from tests.fakes.tables import FakeTables
from tests.unit.connectors.command.doctor.examinations import FakeDatabase, reverse
from tests.unit.connectors.dynamodb.tables.samples import request
from tests.unit.connectors.postgres.replication.test_problems import GOOD, ITEMS, PUBLICATION, SLOT

GB = 10**9


@pytest.fixture
def dynamodb() -> FakeTables:
    made = FakeTables()
    made.make(request("Items"), items=1)
    return made


def with_slot(**changed):
    return GOOD._replace(slots={"slot": SLOT._replace(**changed)})


def test_nothing_is_red_if_all_requirements_are_met(dynamodb):
    report = reverse(GOOD, dynamodb)
    assert report.red == []
    for text in (
        "answers to this role: LOGIN, and CONNECT on database db",
        "wal_level is logical",
        "the role has REPLICATION",
        "publication pub: 1 tables, 1 of them with a replica identity",
        "slot slot: retains 4 B of the log, 4 B not confirmed",
        "dynamodb:DescribeTable: allowed",
    ):
        assert text in report.green
    assert any(text.startswith("Items: key pk (S, HASH)") for text in report.green)
    assert report.yellow == ["dynamodb:BatchWriteItem: not verified: cannot be verified without writing"]
    assert dynamodb.writes() == []


@pytest.mark.parametrize(
    ("facts", "names", "fix", "green"),
    [
        (
            GOOD._replace(wal_level="replica"),
            "wal_level is replica",
            "ALTER SYSTEM SET wal_level = 'logical'",
            "wal_level is logical",
        ),
        (GOOD._replace(in_recovery=True), "standby", "set polardb.hostname", None),
        (
            GOOD._replace(replication=False),
            "may not replicate",
            "WITH REPLICATION",
            "the role has REPLICATION",
        ),
        (
            GOOD._replace(publications={}),
            "publication pub does not exist",
            "CREATE PUBLICATION",
            "publication pub: ",
        ),
        (
            GOOD._replace(publications={"pub": PUBLICATION._replace(operations=(True, True, False, True))}),
            "does not include delete",
            "ALTER PUBLICATION",
            "publication pub: ",
        ),
        (
            GOOD._replace(relations=(ITEMS._replace(key=()),)),
            "no replica identity",
            "REPLICA IDENTITY FULL",
            "publication pub: 1 tables, 1 of them",
        ),
        (
            GOOD._replace(publications={"pub": PUBLICATION._replace(all_tables=False, tables=())}),
            "is not in any publication",
            "ADD TABLE",
            None,
        ),
        (
            GOOD._replace(slots={}),
            "slot slot does not exist",
            "pg_create_logical_replication_slot",
            "slot slot: ",
        ),
        (with_slot(plugin="test_decoding"), "has the wrong type", "pg_drop_replication_slot", "slot slot: "),
        (with_slot(database="other"), "belongs to database other", "polardb.database", "slot slot: "),
        (with_slot(wal_status="lost"), "is lost", "pg_create_logical_replication_slot", "slot slot: "),
    ],
)
def test_each_obstacle_is_red_with_the_sql_that_fixes_it(dynamodb, facts, names, fix, green):
    report = reverse(facts, dynamodb)
    assert any(names in red and fix in red for red in report.red), report.red
    assert green is None or not any(text.startswith(green) for text in report.green)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (with_slot(current_lsn=20 * GB), "retains 20.0 GB of the log, 20.0 GB not confirmed: above"),
        (with_slot(wal_status="unreserved"), "about to be lost"),
        (with_slot(active_pid=77), "held by pid 77"),
    ],
)
def test_a_slot_that_needs_attention_is_a_warning(dynamodb, facts, words):
    report = reverse(facts, dynamodb)
    assert report.red == []
    assert any(words in text for text in report.yellow)


def test_a_database_that_does_not_respond_is_red_and_dynamodb_is_still_checked(dynamodb):
    report = reverse(PreflightError("no pg_hba.conf entry. Allow this machine's address"), dynamodb)
    assert report.red == ["no pg_hba.conf entry. Allow this machine's address"]
    assert "http://source:1 answers to these credentials" in report.green


def test_before_the_cut_over_a_missing_slot_is_a_warning_that_advises_against_creating_it(dynamodb):
    for facts in (GOOD._replace(slots={}), GOOD._replace(slots={}, publications={})):
        report = reverse(facts, dynamodb, after_cutover=False)
        assert report.red == []
        [line] = [line for line in report.yellow if "slot slot" in line]
        assert "`polarshake cutover` creates them. Do not create a slot before" in line
        assert "SELECT pg_create" not in line


def test_before_the_cut_over_a_lost_slot_is_still_red(dynamodb):
    lost = with_slot(wal_status="lost")
    assert reverse(lost, dynamodb, after_cutover=False).red == reverse(lost, dynamodb).red != []


def test_a_dynamodb_that_does_not_answer_is_red(dynamodb):
    dynamodb.fail("ListTables", TransientError("no"), times=None)
    (red,) = reverse(GOOD, dynamodb).red
    assert red.startswith("dynamodb.endpoint cannot be reached. Check it")


def test_a_table_missing_in_dynamodb_is_red_unless_the_settings_create_or_skip_it():
    (red,) = reverse(GOOD, FakeTables()).red
    assert red.startswith("table Items: does not exist in DynamoDB. Set reverse.missingTable to create")
    for setting, words in (("create", "created"), ("skip", "skipped")):
        report = reverse(GOOD, FakeTables(), reverse__missingTable=setting)
        assert report.red == []
        assert any(words in text for text in report.yellow)


def test_key_columns_that_cannot_be_mapped_are_red(dynamodb):
    char = relation_facts("Items", "pk", types=[1042])
    (red,) = reverse(GOOD._replace(relations=(char,)), dynamodb).red
    assert "its column pk the type char(n), which may change a value" in red
    other = FakeDatabase(GOOD, [Sample(b'{"pk": {"S": "a"}}', {"pk": b"b"})])
    (red,) = reverse(other, dynamodb).red
    assert "a row's document has another key than the key columns" in red


@pytest.mark.parametrize(
    ("encryption", "mode", "level", "words"),
    [
        ("", "prefer", "yellow", "not encrypted (polardb.sslMode: prefer)"),
        ("TLSv1.3, X", "require", "yellow", "is encrypted (TLSv1.3, X), but the server is not verified"),
        ("TLSv1.3, X", "verify-full", "green", "is encrypted (TLSv1.3, X), and the server is verified"),
    ],
)
def test_the_encryption_in_use_is_shown(dynamodb, encryption, mode, level, words):
    database = FakeDatabase(GOOD)
    database.encryption = encryption
    found = reverse(database, dynamodb, polardb__sslMode=mode)
    assert any(words in text for text in getattr(found, level))


@pytest.mark.parametrize("operation", ["ListTables", "DescribeTable", "Scan"])
def test_a_missing_right_is_red_with_its_name(dynamodb, operation):
    dynamodb.fail(operation, ServiceError("AccessDeniedException", "no"), times=None)
    (red,) = reverse(GOOD, dynamodb, reverse__truncate="delete").red
    assert f"Allow the IAM action dynamodb:{operation} " in red


def test_a_name_that_postgresql_has_folded_is_found_and_an_override_wins(dynamodb):
    folded = GOOD._replace(
        relations=(ITEMS._replace(name="items"),),
        publications={"pub": PUBLICATION._replace(tables=(("public", "items"),))},
    )
    assert reverse(folded, dynamodb).red == []
    assert reverse(folded, dynamodb, filter__whiteTableSet="Items").red == []
    (red,) = reverse(folded, dynamodb, reverse__relations="{public.items: {table: Others}}").red
    assert red.startswith("table Others: does not exist")


def test_the_jobs_own_table_and_plain_relations_are_not_treated_as_dynamodb_tables(dynamodb):
    others = (
        relation_facts("polarshake_origin", "id", oid=2),
        relation_facts("notes", "id", document=None, oid=3),
    )
    tables = (*PUBLICATION.tables, ("public", "polarshake_origin"), ("public", "notes"))
    facts = GOOD._replace(
        relations=(ITEMS, *others), publications={"pub": PUBLICATION._replace(tables=tables)}
    )
    assert reverse(facts, dynamodb).red == []


def test_a_different_key_in_dynamodb_is_red_if_polardbs_endpoint_is_set(dynamodb):
    polardb = FakeTables(polardb=True)
    polardb.make(request("Items", key="id"))
    report = reverse(GOOD, dynamodb, polardb)
    (red,) = report.red
    assert "its key is id (S, HASH) in PolarDB and pk (S, HASH) in DynamoDB; they must be equal" in red
    assert not any(text.startswith("Items: key") for text in report.green)
    assert reverse(GOOD, dynamodb).red == []


def test_a_polardb_endpoint_that_refuses_is_red(dynamodb):
    polardb = FakeTables(polardb=True)
    polardb.fail("DescribeTable", ServiceError("UnrecognizedClientException", "bad"), times=None)
    (red,) = reverse(GOOD, dynamodb, polardb).red
    assert "Check --polardbak and --polardbsk" in red
