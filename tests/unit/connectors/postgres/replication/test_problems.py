"""Each problem is named, with the SQL that fixes it."""

import pytest

from connectors.postgres.layout.assignment import AssignmentRules, assign
from connectors.postgres.layout.overrides import Override
from connectors.postgres.layout.relations import Partition
from connectors.postgres.replication.continuity import PublicationIdentity
from connectors.postgres.replication.facts import Facts, Publication, SlotFacts
from connectors.postgres.replication.problems import create_publication, problems
from tests.fakes.layout import facts as relation_facts

ITEMS = relation_facts("Items", "pk")
SLOT = SlotFacts("slot", "pgoutput", "logical", "db", None, 5, 5, "reserved", False, 9)
PUBLICATION = Publication("pub", True, (True, True, True, True), (("public", "Items"),))
ROOT = "WITH (publish_via_partition_root = true)"
GOOD = Facts(160000, "logical", False, "db", True, (ITEMS,), {"slot": SLOT}, {"pub": PUBLICATION})


def found(facts, allows=lambda name: True, feeds=(("slot", "pub"),), overrides=None):
    assignment = assign(facts.relations, ["Items"], AssignmentRules(overrides or {}, allows))
    return problems(facts, list(feeds), assignment)


def with_slot(**changed):
    return GOOD._replace(slots={"slot": SLOT._replace(**changed)})


def with_publication(**changed):
    return GOOD._replace(publications={"pub": PUBLICATION._replace(**changed)})


def test_a_proper_slot_has_no_problems():
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("facts", "name", "sql"),
    [
        (
            GOOD._replace(wal_level="replica"),
            "wal_level is replica",
            "ALTER SYSTEM SET wal_level = 'logical';",
        ),
        (GOOD._replace(in_recovery=True), "standby", "polardb.hostname"),
        (GOOD._replace(encoding="SQL_ASCII"), "database db has the encoding SQL_ASCII", "encoding UTF8"),
        (GOOD._replace(replication=False), "may not replicate", "WITH REPLICATION;"),
        (
            GOOD._replace(publications={}),
            "publication pub",
            'CREATE PUBLICATION "pub" FOR ALL TABLES WITH (publish_via_partition_root = true);',
        ),
        (
            with_publication(operations=(True, True, False, True)),
            "does not include delete",
            "ALTER PUBLICATION \"pub\" SET (publish = 'insert, update, delete, truncate');",
        ),
        (
            GOOD._replace(relations=(ITEMS._replace(key=()),)),
            'table "public"."Items" has no replica identity',
            'ALTER TABLE "public"."Items" REPLICA IDENTITY FULL;',
        ),
        (
            GOOD._replace(slots={}),
            "slot slot does not exist",
            "pg_create_logical_replication_slot('slot', 'pgoutput')",
        ),
        (with_slot(plugin="test_decoding"), "has the wrong type", "pg_drop_replication_slot('slot')"),
        (with_slot(kind="physical", plugin=None), "has the wrong type", "pg_drop_replication_slot('slot')"),
        (with_slot(database="other"), "belongs to database other", "polardb.database"),
        (with_slot(wal_status="lost"), "is lost", "pg_create_logical_replication_slot('slot', 'pgoutput')"),
        (with_slot(conflicting=True), "is lost", "pg_drop_replication_slot('slot')"),
        (with_slot(restart_lsn=None), "is lost", "pg_drop_replication_slot('slot')"),
        (with_slot(two_phase=True), "created with two_phase", "pg_drop_replication_slot('slot')"),
        (
            with_publication(filtered=PUBLICATION.tables),
            'pub has a row filter for table "public"."Items"',
            'ALTER PUBLICATION "pub" DROP TABLE "public"."Items"; ALTER PUBLICATION "pub" ADD TABLE',
        ),
        (
            with_publication(columns={("public", "Items"): ("pk",)}),
            "has a column list",
            'ALTER PUBLICATION "pub" DROP TABLE "public"."Items"; ALTER PUBLICATION "pub" ADD TABLE',
        ),
        (
            GOOD._replace(relations=(ITEMS._replace(unlogged=True),)),
            'table "public"."Items" is UNLOGGED',
            'ALTER TABLE "public"."Items" SET LOGGED;',
        ),
        (
            with_publication(all_tables=False, tables=()),
            'table "public"."Items" is not in any publication',
            'ALTER PUBLICATION "pub" ADD TABLE "public"."Items";',
        ),
    ],
)
def test_a_problem_is_reported_with_its_fix(facts, name, sql):
    [problem] = found(facts)
    assert name in problem
    assert sql in problem


def test_a_table_that_the_filter_leaves_out_need_not_be_published():
    more = relation_facts("more", "id", oid=2)
    facts = with_publication(all_tables=False, tables=(("public", "more"),))._replace(relations=(ITEMS, more))
    assert found(facts, allows=lambda name: name != "Items") == []


def test_a_filter_that_includes_nothing_is_a_problem():
    [problem] = found(GOOD, allows=lambda name: name == "items")
    assert "the filter includes none of the DynamoDB tables in database db, such as Items" in problem


def test_a_table_without_identity_that_is_not_published_is_not_a_problem():
    bare = relation_facts("notes", document=None, identity="n", oid=2)
    assert found(GOOD._replace(relations=(ITEMS, bare))) == []


def test_the_publication_proposed_names_tables_where_one_has_no_identity():
    bare = relation_facts("notes", document=None, identity="n", oid=2)
    statement = create_publication(GOOD._replace(relations=(ITEMS, bare)), "pub")
    assert statement == f'CREATE PUBLICATION "pub" FOR TABLE "public"."Items" {ROOT};'


def test_a_table_in_two_publications_is_a_problem():
    both = {"pub": PUBLICATION, "two": PUBLICATION._replace(name="two")}
    facts = GOOD._replace(publications=both, slots={"slot": SLOT, "other": SLOT._replace(name="other")})
    [problem] = found(facts, feeds=(("slot", "pub"), ("other", "two")))
    assert 'ALTER PUBLICATION "two" DROP TABLE "public"."Items";' in problem


def test_the_mark_of_the_forward_job_must_be_in_every_publication():
    origin = relation_facts("polarshake_origin", "id", oid=2)
    [problem] = found(GOOD._replace(relations=(ITEMS, origin)), allows=lambda name: name == "Items")
    assert 'ALTER PUBLICATION "pub" ADD TABLE "public"."polarshake_origin";' in problem


def test_a_column_list_with_the_document_and_the_key_is_not_a_problem():
    assert found(with_publication(columns={("public", "Items"): ("pk", "polardb_document")})) == []


LEAF = Partition(8, "public", "items_1", "d")
PARTITIONED = ITEMS._replace(partitioned=True, partitions=(LEAF,))


@pytest.mark.parametrize(
    "publication",
    [
        PUBLICATION._replace(via_root=False, tables=(("public", "items_1"),)),
        PUBLICATION._replace(via_root=False, tables=()),
        PUBLICATION._replace(
            all_tables=False, via_root=False, tables=(), identity=PublicationIdentity("1", "2", {"1": "3/4"})
        ),
    ],
)
def test_a_partitioned_table_must_be_published_via_its_root(publication):
    [problem] = found(GOOD._replace(relations=(PARTITIONED,), publications={"pub": publication}))
    assert 'ALTER PUBLICATION "pub" SET (publish_via_partition_root = true);' in problem
    rooted = PUBLICATION._replace(via_root=True)
    assert found(GOOD._replace(relations=(PARTITIONED,), publications={"pub": rooted})) == []


def test_a_partition_with_another_identity_than_its_root_is_a_problem():
    whole = PARTITIONED._replace(identity="f", key=())
    [problem] = found(GOOD._replace(relations=(whole,)))
    assert 'ALTER TABLE "public"."items_1" REPLICA IDENTITY FULL;' in problem


def test_an_entry_of_the_configuration_that_names_no_relation_is_a_problem():
    [problem] = found(GOOD, overrides={"public.items": Override("Items")})
    assert problem.startswith("reverse.relations names public.items, which is not a table in database db")


def test_a_relation_that_is_not_certain_to_be_one_table_is_a_problem_at_every_look():
    copy = relation_facts("Items", "pk", namespace="bak", oid=2)
    tables = (*PUBLICATION.tables, ("bak", "Items"))
    [problem] = found(
        GOOD._replace(relations=(ITEMS, copy), publications={"pub": PUBLICATION._replace(tables=tables)})
    )
    assert "the relations bak.Items and public.Items" in problem
