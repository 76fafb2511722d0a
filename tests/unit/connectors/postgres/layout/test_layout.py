from __future__ import annotations

from typing import Dict, Optional

import msgspec
import pytest

from connectors.base.errors import ConfigError, TerminalError
from connectors.model.keys import KeySchema
from connectors.postgres.layout.errors import LayoutError, TruncateError
from connectors.postgres.layout.layout import Layout, LayoutMemory, Truncated
from connectors.postgres.layout.overrides import Override
from connectors.postgres.layout.proof import Sample
from connectors.postgres.layout.relations import Partition
from connectors.postgres.pgoutput.messages import Column, Delete, Insert, Relation, Truncate, Update
from tests.fakes.layout import FakeCatalog, FakeTables, facts, item, layout_of, relation, schema

LSN = 0x16_B374D848
KEY = schema(("id", "S"))
BODY = item({"id": {"S": "u"}})
USERS = relation(("id", "S"))


def layout(
    tables: Optional[Dict[str, KeySchema]] = None,
    overrides: Optional[Dict[str, Override]] = None,
    truncate: str = "fail",
) -> Layout:
    fakes = FakeTables({"users": KEY} if tables is None else tables)
    return layout_of(fakes, overrides, truncate, catalog=FakeCatalog(facts("users", "id")))


def table_of(it: Layout, oid: int = 1) -> str:
    return it.entries(Insert(oid, [b"u", BODY]), LSN)[0]


def test_a_relation_with_the_document_is_the_table_of_its_name() -> None:
    it = layout()
    assert it.relation(USERS, LSN) == "relation public.users is DynamoDB table users, keys: id = column id"
    table, ((_, body, delete),) = it.entries(Insert(1, [b"u", BODY]), LSN)
    assert (table, body, delete) == ("users", BODY, False)
    assert it.entries(Update(1, [b"u", BODY]), LSN)[1][0][1:] == (BODY, False)
    assert it.entries(Delete(1, key=[b"u", None]), LSN)[1][0][2]


def test_a_relation_without_the_document_is_skipped_and_reported_once() -> None:
    it, plain = layout(), relation(("id", "S"), document=None, name="audit")
    assert "public.audit is not a DynamoDB table" in (it.relation(plain, LSN) or "")
    assert it.relation(plain, LSN) is None
    assert it.entries(Insert(1, [b"u"]), LSN) == ("", ())


def test_a_relation_without_a_table_is_skipped_and_reported_once() -> None:
    it = layout({})
    assert "public.users has no DynamoDB table" in (it.relation(USERS, LSN) or "")
    assert it.relation(USERS, LSN) is None
    assert it.entries(Insert(1, [b"u", BODY]), LSN) == ("", ())


def test_a_table_that_is_created_later_is_used_when_its_relation_is_announced_again() -> None:
    tables = FakeTables({})
    it = layout_of(tables)
    it.relation(USERS, LSN)
    tables.tables["users"] = KEY
    it.relation(USERS, LSN)
    assert table_of(it) == "users"


def test_the_same_relation_again_makes_no_request() -> None:
    tables = FakeTables({"users": KEY})
    it = layout_of(tables)
    it.relation(USERS, LSN)
    assert it.relation(msgspec.structs.replace(USERS, xid=9), LSN) is None
    assert tables.asked == ["users"]


def test_a_column_added_while_running_is_handled() -> None:
    it = layout()
    it.relation(USERS, LSN)
    wider = msgspec.structs.replace(USERS, columns=(Column("extra", 25, -1, False), *USERS.columns))
    it.relation(wider, LSN)
    assert it.entries(Insert(1, [None, b"u", BODY]), LSN)[1][0][1] == BODY


def test_a_table_that_was_created_again_is_another_one() -> None:
    it = layout_of(FakeTables({"users": KEY}), catalog=FakeCatalog(facts("users", "id", oid=2)))
    it.relation(USERS, LSN)
    with pytest.raises(LayoutError, match=r"table users: was dropped .*reverse.droppedTable: ignore"):
        it.relation(msgspec.structs.replace(USERS, id=2), LSN)
    restarted = layout_of(FakeTables({"users": KEY}), memory=LayoutMemory({}, {"users": 1}))
    restarted.relation(msgspec.structs.replace(USERS, id=2), LSN)
    with pytest.raises(LayoutError, match="table users: was dropped"):
        table_of(restarted, 2)
    accepting = layout_of(FakeTables({"users": KEY}), dropped_fails=False)
    accepting.relation(USERS, LSN)
    accepting.relation(msgspec.structs.replace(USERS, id=2), LSN)
    assert table_of(accepting, 2) == "users"


@pytest.mark.parametrize("table", ["Users", "USERS"])
def test_a_table_whose_name_postgresql_folded_is_found(table: str) -> None:
    it = layout({table: KEY})
    it.relation(USERS, LSN)
    assert table_of(it) == table


def test_rows_of_an_excluded_table_do_not_go_to_a_table_whose_name_differs_in_case() -> None:
    it = layout_of(FakeTables({"users": KEY, "Users": KEY}), allows="Users".__eq__)
    it.relation(USERS, LSN)
    assert table_of(it) == ""


def test_a_copy_in_another_schema_is_refused_before_anything_is_written_whichever_speaks_first() -> None:
    both = FakeCatalog(facts("users", "id"), facts("users", "id", namespace="bak", oid=2))
    copy = relation(("id", "S"), oid=2, namespace="bak")
    for first in (USERS, copy):
        it = layout_of(FakeTables({"users": KEY}), catalog=both)
        with pytest.raises(LayoutError, match=r"the relations bak\.users and public\.users"):
            it.relation(first, LSN)
    skipping = layout_of(FakeTables({"users": KEY}), {"bak.users": Override(skip=True)}, catalog=both)
    skipping.relation(copy, LSN)
    skipping.relation(USERS, LSN)
    assert (table_of(skipping, 2), table_of(skipping)) == ("", "users")


def test_an_older_relation_of_the_same_name_is_not_taken_for_a_copy() -> None:
    """Its message is read later than the table was dropped and created again."""
    it = layout_of(FakeTables({"users": KEY}), catalog=FakeCatalog(facts("users", "id", oid=9)))
    it.relation(USERS, LSN)
    assert table_of(it) == "users"


def test_a_relation_of_a_table_without_its_own_dynamodb_table_does_not_get_another_spelling_of_it() -> None:
    catalog = FakeCatalog(facts("Users", "id"), facts("users", "id", oid=2))
    it = layout_of(FakeTables({"Users": KEY}), catalog=catalog)
    it.relation(relation(("id", "S"), oid=2), LSN)
    assert table_of(it, 2) == ""


def test_a_row_that_is_read_from_the_table_proves_its_key_columns_and_the_proof_is_kept() -> None:
    catalog, memory = FakeCatalog(facts("users", "k")), LayoutMemory()
    catalog.rows[1] = [Sample(BODY, {"k": b"u"})]
    it = layout_of(FakeTables({"users": KEY}), catalog=catalog, memory=memory)
    it.relation(relation(("k", "S")), LSN)
    ((_, body, _),) = it.entries(Delete(1, key=[b"u", None]), LSN)[1]
    assert (body, memory.keys) == (b'{"id":{"S":"u"}}', {"1": {"id": "k"}})
    catalog.rows.clear()  # the table is empty by now
    again = layout_of(FakeTables({"users": KEY}), catalog=catalog, memory=memory)
    again.relation(relation(("k", "S")), LSN)
    assert again.entries(Delete(1, key=[b"u", None]), LSN)[1][0][1] == body


def test_a_row_that_contradicts_the_key_columns_refuses_the_table() -> None:
    catalog = FakeCatalog(facts("users", "id"))
    catalog.rows[1] = [Sample(BODY, {"id": b"hash of u"})]
    with pytest.raises(LayoutError, match="a row's document has another key than the key columns"):
        layout_of(FakeTables({"users": KEY}), catalog=catalog).relation(USERS, LSN)


def test_quoted_mixed_case_names_are_kept() -> None:
    it = layout({"My-Users.v2": schema(("User Id", "S")), "my-users.v2": KEY})
    it.relation(relation(("User Id", "S"), name="My-Users.v2"), LSN)
    assert it.entries(Insert(1, [b"u", item({"User Id": {"S": "u"}})]), LSN)[0] == "My-Users.v2"


def test_the_configuration_names_table_document_and_keys() -> None:
    override = Override(table="people", document="doc", keys={"id": "k"})
    it = layout({"people": KEY}, {"app.Users": override})
    it.relation(relation(("k", "S"), ("id", "S"), name="Users", namespace="app", document="doc"), LSN)
    table, ((_, body, _),) = it.entries(Delete(1, key=[b"u", b"x", None]), LSN)
    assert (table, body) == ("people", b'{"id":{"S":"u"}}')


def test_a_configured_table_that_is_missing_is_not_guessed() -> None:
    it = layout({"users": KEY, "People": KEY}, {"public.users": Override(table="people")})
    it.relation(USERS, LSN)
    assert table_of(it) == ""


def test_a_configured_document_that_is_missing_is_an_error() -> None:
    with pytest.raises(LayoutError, match=r"no column doc, which reverse\.relations names"):
        layout(overrides={"public.users": Override(document="doc")}).relation(USERS, LSN)


def test_a_table_that_loses_its_document_is_an_error_and_not_skipped() -> None:
    it = layout()
    it.relation(USERS, LSN)
    with pytest.raises(LayoutError, match="was DynamoDB table users and no longer has its column"):
        it.relation(relation(("id", "S"), document=None), LSN)


def test_a_key_that_cannot_be_mapped_is_an_error_before_any_row() -> None:
    with pytest.raises(
        LayoutError, match=r"relation public.users at LSN 16/B374D848: .*REPLICA IDENTITY FULL"
    ):
        layout().relation(relation(("k1", "N"), ("k2", "N")), LSN)


@pytest.mark.parametrize("identity", ["f", "n"])
def test_a_key_is_not_mapped_if_every_old_row_contains_its_document(identity: str) -> None:
    it = layout()
    notice = it.relation(relation(("k1", "S"), ("k2", "S"), identity=identity), LSN)
    assert notice == "relation public.users is DynamoDB table users, keys: from the document alone"


def test_with_full_identity_deletes_use_the_document_whatever_the_columns_are() -> None:
    it = layout()
    it.relation(relation(("k1", "S"), ("id", "S"), identity="f"), LSN)
    _, ((_, body, _),) = it.entries(Delete(1, old=[b"x", b"stale", BODY]), LSN)
    assert body == b'{"id":{"S":"u"}}'


def test_a_row_of_a_relation_that_was_not_announced_is_an_error() -> None:
    with pytest.raises(LayoutError, match="oid 77 at LSN 16/B374D848"):
        layout().entries(Insert(77, []), LSN)


def emptied(*relations: int) -> Truncate:
    return Truncate(relations, False, False)


def announced(truncate: str) -> Layout:
    it = layout({"users": KEY, "orders": KEY}, truncate=truncate)
    it.relation(USERS, LSN)
    it.relation(relation(("id", "S"), name="orders", oid=2), LSN)
    it.relation(Relation(3, "public", "audit", "d", ()), LSN)
    return it


def test_a_truncate_fails_loudly_with_tables_and_position() -> None:
    with pytest.raises(TruncateError, match=r"orders, users at LSN 16/B374D848") as caught:
        announced("fail").truncate(emptied(1, 3, 2), LSN)
    assert isinstance(caught.value, TerminalError)
    assert caught.value.tables == ("orders", "users")


def test_a_truncate_returns_the_tables_where_deleting_is_configured() -> None:
    assert announced("delete").truncate(emptied(1, 3, 2), LSN) == Truncated(("orders", "users"), LSN)


@pytest.mark.parametrize("truncate", ["fail", "delete"])
def test_a_truncate_of_skipped_relations_is_ignored(truncate: str) -> None:
    assert announced(truncate).truncate(emptied(3), LSN) is None


def test_a_truncate_of_a_relation_that_was_not_announced_is_an_error() -> None:
    with pytest.raises(LayoutError, match="not announced"):
        announced("delete").truncate(emptied(1, 99), LSN)


def test_an_unknown_value_for_truncate_is_refused() -> None:
    with pytest.raises(ConfigError, match="Allowed: delete, fail"):
        layout(truncate="ignore")


USERS_1 = relation(("id", "S"), oid=2, name="users_1")


def partitioned(tables: FakeTables, *, truncate: str = "fail", **others: bool) -> Layout:
    """A partition and its root are announced."""
    leaf = Partition(2, "public", "users_1", "d")._replace(**others)
    root = facts("users", "id", partitioned=True, partitions=(leaf,))
    it = layout_of(tables, truncate=truncate, catalog=FakeCatalog(root))
    assert it.relation(USERS_1, 0) is None
    it.relation(USERS, 0)
    return it


def test_a_partition_that_was_created_as_one_is_its_root() -> None:
    tables = FakeTables({"users": KEY})
    it = partitioned(tables)
    assert tables.asked == ["users"]
    assert table_of(it) == table_of(it, 2) == "users"


def test_own_rows_of_a_partition_that_was_attached_later_are_refused_where_they_are() -> None:
    it = partitioned(FakeTables({"users": KEY}), created_attached=False)
    assert table_of(it) == "users"
    for _ in range(2):
        with pytest.raises(
            LayoutError, match=r"users_1 at LSN 16/B374D848: .*\{public.users_1: \{skip: true"
        ):
            table_of(it, 2)


def test_own_rows_of_a_partition_of_an_excluded_table_are_skipped() -> None:
    leaf = Partition(2, "public", "users_1", "d", created_attached=False)
    root = facts("users", "id", partitioned=True, partitions=(leaf,))
    it = layout_of(FakeTables({"users": KEY}), allows=lambda _: False, catalog=FakeCatalog(root))
    it.relation(USERS_1, 0)
    assert table_of(it, 2) == ""


def test_own_rows_of_a_partition_may_be_skipped() -> None:
    leaf = Partition(2, "public", "users_1", "d")._replace(created_attached=False)
    root = facts("users", "id", partitioned=True, partitions=(leaf,))
    overrides = {"public.users_1": Override(skip=True)}
    it = layout_of(FakeTables({"users": KEY}), overrides, catalog=FakeCatalog(root))
    it.relation(USERS_1, 0)
    assert table_of(it, 2) == ""


@pytest.mark.parametrize("truncate", ["fail", "delete"])
def test_a_truncate_of_one_partition_never_empties_the_table(truncate: str) -> None:
    it = partitioned(FakeTables({"users": KEY}), truncate=truncate)
    with pytest.raises(LayoutError, match=r"users_1 at LSN 16/B374D848: this partition of public.users was"):
        it.truncate(emptied(2), LSN)


def test_rows_of_a_table_whose_place_another_one_has_taken_are_skipped_after_a_start_without_the_state() -> (
    None
):
    tables, successor = FakeTables({"users": KEY}), facts("users", "id", oid=9)
    it = layout_of(tables, catalog=FakeCatalog(successor), memory=LayoutMemory(submitted={"users": 9}))
    assert "older table are skipped" in (it.relation(USERS, LSN) or "")
    it.relation(relation(("id", "S"), oid=9), LSN)
    assert (table_of(it), table_of(it, 9)) == ("", "users")


def test_a_relation_that_was_dropped_since_is_refused_with_its_first_row() -> None:
    class Failing(FakeTables):
        def key_schema(self, name: str) -> Optional[KeySchema]:
            raise TerminalError(f"table {name}: does not exist in DynamoDB")

    it = layout_of(Failing({}))
    assert it.relation(USERS, LSN) is None
    with pytest.raises(TerminalError, match="users: does not exist"):
        table_of(it)
