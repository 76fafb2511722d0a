"""Whatever stands in the way is named with the SQL that mends it."""

import pytest

from connectors.postgres.replication.facts import Facts, Publication, RelationFacts, SlotFacts
from connectors.postgres.replication.problems import create_publication, problems

ITEMS = RelationFacts("public", "Items", "d", True, True)
SLOT = SlotFacts("slot", "pgoutput", "logical", "db", None, 5, 5, "reserved", False, 9)
PUBLICATION = Publication("pub", True, (True, True, True, True), (("public", "Items"),))
GOOD = Facts(160000, "logical", False, "db", True, (ITEMS,), {"slot": SLOT}, {"pub": PUBLICATION})


def found(facts, allows=lambda name: True, feeds=(("slot", "pub"),)):
    return problems(facts, list(feeds), allows)


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
        (GOOD._replace(publications={}), "publication pub", 'CREATE PUBLICATION "pub" FOR ALL TABLES;'),
        (
            with_publication(operations=(True, True, False, True)),
            "does not include delete",
            "ALTER PUBLICATION \"pub\" SET (publish = 'insert, update, delete, truncate');",
        ),
        (
            GOOD._replace(relations=(ITEMS._replace(identity="d", keyed=False),)),
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
    facts = with_publication(all_tables=False, tables=())
    assert found(facts, allows=lambda name: name != "Items") == []


def test_a_table_without_identity_that_is_not_published_is_not_a_problem():
    bare = RelationFacts("public", "notes", "n", False, False)
    assert found(GOOD._replace(relations=(ITEMS, bare))) == []


def test_the_publication_proposed_names_tables_where_one_has_no_identity():
    bare = RelationFacts("public", "notes", "n", False, False)
    statement = create_publication(GOOD._replace(relations=(ITEMS, bare)), "pub")
    assert statement == 'CREATE PUBLICATION "pub" FOR TABLE "public"."Items";'


def test_a_table_in_two_publications_is_a_problem():
    both = {"pub": PUBLICATION, "two": PUBLICATION._replace(name="two")}
    facts = GOOD._replace(publications=both, slots={"slot": SLOT, "other": SLOT._replace(name="other")})
    [problem] = found(facts, feeds=(("slot", "pub"), ("other", "two")))
    assert 'ALTER PUBLICATION "two" DROP TABLE "public"."Items";' in problem


def test_the_mark_of_the_forward_job_must_be_in_every_publication():
    origin = RelationFacts("public", "polarshake_origin", "d", True, True)
    [problem] = found(GOOD._replace(relations=(ITEMS, origin)), allows=lambda name: name == "Items")
    assert 'ALTER PUBLICATION "pub" ADD TABLE "public"."polarshake_origin";' in problem
