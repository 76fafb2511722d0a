from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model.keys import KeyReader, KeySchema
from connectors.postgres.layout.assignment import Assigned
from connectors.postgres.layout.errors import LayoutError
from connectors.postgres.layout.keys import find_keys
from connectors.postgres.layout.proof import Keys
from connectors.postgres.layout.relations import announced
from connectors.postgres.layout.rows import PROOFS, Rows
from connectors.postgres.pgoutput.messages import (
    UNCHANGED,
    Binary,
    Column,
    Delete,
    Insert,
    Relation,
    Row,
    Update,
)
from tests.fakes.layout import DOCUMENT, KeyValue, Server, attribute, column, item, relation, schema

LSN = 0x16_B374D848
SCHEMA = schema(("id", "S"), ("at", "N"))
READER = KeyReader("users", SCHEMA)


def keys_of(relation_: Relation, schema_: KeySchema) -> Keys:
    assigned = Assigned(announced(relation_, None), DOCUMENT, "users", True, True, True)
    return find_keys(assigned, schema_, {}, {}, lambda columns: [])


def rows_of(identity: str = "d", mapped: bool = True) -> Rows:
    relation_ = relation(("id", "S"), ("at", "N"), identity=identity)
    keys = keys_of(relation_, SCHEMA) if mapped else Keys(READER, [], True)
    return Rows(relation_, "users", SCHEMA, 2, keys)


def key(id_: str, at: str) -> Dict[str, Dict[str, str]]:
    return {"id": {"S": id_}, "at": {"N": at}}


def document(id_: str = "u", at: str = "1", more: str = "x") -> bytes:
    return item(key(id_, at), more={"S": more})


def row(id_: str = "u", at: str = "1", more: str = "x") -> Row:
    return [id_.encode(), at.encode(), document(id_, at, more)]


def test_an_insert_is_a_put_of_the_document_byte_for_byte() -> None:
    body = b'{"at":  {"N": "1"}, "id": {"S": "u"}, "blob": {"B": "AAA="}}'
    ((digest, written, delete),) = rows_of().insert(Insert(1, [b"u", b"1", body]), LSN)
    assert written is body
    assert digest == READER.digest(body)
    assert not delete


def test_a_delete_is_the_key_from_the_key_columns() -> None:
    ((digest, body, delete),) = rows_of().delete(Delete(1, key=[b"u", b"1.50", None]), LSN)
    assert delete
    assert json.loads(body) == key("u", "1.5")
    assert digest == READER.digest(document("u", "15E-1"))


def test_a_delete_with_full_identity_is_the_key_of_the_old_document() -> None:
    ((digest, body, delete),) = rows_of("f").delete(Delete(1, old=row()), LSN)
    assert (json.loads(body), delete) == (key("u", "1"), True)
    assert digest == READER.digest(document())


def test_an_update_is_one_put() -> None:
    assert rows_of().update(Update(1, row(more="y")), LSN) == (
        (READER.digest(document()), document(more="y"), False),
    )


@pytest.mark.parametrize("identity", ["d", "f"])
def test_a_changed_key_deletes_the_old_one_before_it_puts_the_new(identity: str) -> None:
    update = Server(relation(("id", "S"), ("at", "N"), identity=identity)).update(row("a"), row("b"), False)
    gone, put = rows_of(identity).update(update, LSN)
    assert (json.loads(gone[1]), gone[2]) == (key("a", "1"), True)
    assert gone[0] == READER.digest(document("a"))
    assert put == (READER.digest(document("b")), document("b"), False)


@pytest.mark.parametrize("identity", ["d", "f"])
def test_another_spelling_of_the_same_number_is_not_a_change_of_the_key(identity: str) -> None:
    update = Server(relation(("id", "S"), ("at", "N"), identity=identity)).update(
        row(at="1"), row(at="1.0"), False
    )
    ((digest, _, delete),) = rows_of(identity).update(update, LSN)
    assert (digest, delete) == (READER.digest(document()), False)


def test_an_unchanged_document_that_was_not_sent_causes_no_write() -> None:
    assert rows_of().update(Update(1, [b"u", b"1", UNCHANGED]), LSN) == ()


def test_an_old_key_equal_to_the_new_one_causes_no_write_either() -> None:
    # PostgreSQL sends it where the key itself is TOASTed.
    message = Update(1, [UNCHANGED, b"1.0", UNCHANGED], key=[b"u", b"1", None])
    assert rows_of().update(message, LSN) == ()


def test_an_unchanged_document_with_full_identity_is_taken_from_the_old_row() -> None:
    message = Update(1, [b"u", b"1", UNCHANGED], old=row())
    assert rows_of("f").update(message, LSN) == ((READER.digest(document()), document(), False),)


def test_a_changed_key_without_its_document_is_an_error_with_the_sql_that_fixes_it() -> None:
    message = Update(1, [b"b", b"1", UNCHANGED], key=[b"a", b"1", None])
    with pytest.raises(
        LayoutError, match=r'16/B374D848: .*ALTER TABLE "public"."users" REPLICA IDENTITY FULL'
    ):
        rows_of().update(message, LSN)


def test_a_key_that_is_toasted_and_unchanged_is_taken_from_the_old_key() -> None:
    message = Update(1, [UNCHANGED, b"2", document("u", "2")], key=[b"u", b"1", None])
    gone, put = rows_of().update(message, LSN)
    assert (json.loads(gone[1]), put[1]) == (key("u", "1"), document("u", "2"))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "is NULL"),
        (UNCHANGED, "was not sent"),
        (Binary(b"\x01{}"), "was sent in binary form"),
        (b"[1]", "does not hold a JSON object"),
        (b"", "does not hold a JSON object"),
        (b'{"id": {"S": "u"}}', "does not have the table's key attributes"),
        (b'{"id": {"S": "u"}, "at": {"S": "1"}}', "does not have the table's key attributes"),
        (b'{"id": {"S": "u"}, ', "does not have the table's key attributes"),
    ],
)
def test_a_document_that_is_not_an_item_is_refused(value: Any, problem: str) -> None:
    with pytest.raises(LayoutError, match=rf"relation public.users at LSN 16/B374D848: .*{problem}"):
        rows_of().insert(Insert(1, [b"u", b"1", value]), LSN)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "is NULL"),
        (UNCHANGED, "was not sent"),
        (b"NaN", "cannot be key attribute at: it is not a number"),
    ],
)
def test_a_key_that_cannot_be_read_is_refused(value: Any, problem: str) -> None:
    with pytest.raises(LayoutError, match=f"key column at {problem}"):
        rows_of().delete(Delete(1, key=[b"u", value, None]), LSN)


def test_a_delete_is_refused_where_no_key_columns_were_sent() -> None:
    with pytest.raises(LayoutError, match="REPLICA IDENTITY FULL"):
        rows_of(mapped=False).delete(Delete(1, key=[b"u", b"1", None]), LSN)


def test_an_old_key_is_never_ignored_where_no_key_columns_are_known() -> None:
    with pytest.raises(LayoutError, match="REPLICA IDENTITY FULL"):
        rows_of(mapped=False).update(Update(1, row("b"), key=[b"a", b"1", None]), LSN)


@pytest.mark.parametrize("width", [0, 2, 4])
def test_a_row_with_another_number_of_columns_than_its_relation_is_refused(width: int) -> None:
    wrong: Row = [b"{}"] * width
    for act in (
        lambda rows: rows.insert(Insert(1, wrong), LSN),
        lambda rows: rows.update(Update(1, wrong), LSN),
        lambda rows: rows.update(Update(1, row(), key=wrong), LSN),
        lambda rows: rows.update(Update(1, [b"v", b"1", UNCHANGED], key=wrong), LSN),
        lambda rows: rows.delete(Delete(1, key=wrong), LSN),
    ):
        with pytest.raises(LayoutError, match=f"a row has {width} columns, the relation 3"):
            act(rows_of())


def test_a_wrong_mapping_is_detected_at_the_first_puts() -> None:
    named = schema(("k1", "S"), ("k2", "S"))
    relation_ = relation(("k1", "S"), ("k2", "S"))
    rows = Rows(relation_, "users", named, 2, keys_of(relation_, named))
    same, other = item({"k1": {"S": "1"}, "k2": {"S": "1"}}), item({"k1": {"S": "1"}, "k2": {"S": "2"}})
    rows.insert(Insert(1, [b"1", b"1", same]), LSN)
    with pytest.raises(
        LayoutError, match=r"another key than the key columns, read as k1 = column k1, k2 = column k2\. "
    ):
        rows.insert(Insert(1, [b"2", b"1", other]), LSN)


def unproven() -> Tuple[Rows, List[Dict[str, str]]]:
    swapped = schema(("a", "S"), ("b", "S"))
    relation_ = relation(("k1", "S"), ("k2", "S"))
    proofs: List[Dict[str, str]] = []
    return Rows(relation_, "users", swapped, 2, keys_of(relation_, swapped), proofs.append), proofs


def test_a_delete_before_any_proof_of_the_key_columns_is_refused() -> None:
    rows, proofs = unproven()
    with pytest.raises(
        LayoutError, match=r"no row has shown yet .*\(keys in k1, k2, .*Set keys: \{a: COLUMN\}"
    ):
        rows.delete(Delete(1, key=[b"2", b"1", None]), LSN)
    assert proofs == []


def test_a_put_proves_the_key_columns_once_and_a_delete_then_goes_to_the_right_key() -> None:
    rows, proofs = unproven()
    put = item({"a": {"S": "1"}, "b": {"S": "2"}})
    for _ in range(PROOFS + 1):
        rows.insert(Insert(1, [b"2", b"1", put]), LSN)
    assert proofs == [{"a": "k2", "b": "k1"}]
    ((_, body, _),) = rows.delete(Delete(1, key=[b"2", b"1", None]), LSN)
    assert json.loads(body) == {"a": {"S": "1"}, "b": {"S": "2"}}


def test_a_changed_key_proves_the_key_columns_itself() -> None:
    rows, _ = unproven()
    moved = item({"a": {"S": "1"}, "b": {"S": "3"}})
    gone, put = rows.update(Update(1, [b"3", b"1", moved], key=[b"2", b"1", None]), LSN)
    assert (json.loads(gone[1]), put[1]) == ({"a": {"S": "1"}, "b": {"S": "2"}}, moved)


def test_a_document_of_type_json_may_begin_with_blanks() -> None:
    body = b" \n\t" + document()
    ((_, written, _),) = rows_of().insert(Insert(1, [b"u", b"1", body]), LSN)
    assert written is body


def test_the_mapping_is_verified_for_a_bounded_number_of_puts() -> None:
    rows = rows_of()
    for _ in range(PROOFS):
        rows.insert(Insert(1, row()), LSN)
    assert rows.insert(Insert(1, [b"other", b"1", document()]), LSN)


def test_a_column_that_may_round_is_verified_at_every_put() -> None:
    columns = (
        Column("id", 25, -1, True),
        Column("at", 1700, 655366, True),
        Column(DOCUMENT, 3802, -1, False),
    )
    rounding = Relation(1, "public", "users", "d", columns)
    rows = Rows(rounding, "users", SCHEMA, 2, keys_of(rounding, SCHEMA))
    for _ in range(PROOFS + 1):
        rows.insert(Insert(1, row()), LSN)
    with pytest.raises(LayoutError, match="another key than the key columns"):
        rows.insert(Insert(1, [b"u", b"1.01", document("u", "1.005")]), LSN)


def test_a_changed_key_is_always_verified() -> None:
    rows = rows_of()
    for _ in range(PROOFS):
        rows.insert(Insert(1, row()), LSN)
    with pytest.raises(LayoutError, match="another key than the key columns"):
        rows.update(Update(1, [b"c", b"1", document("b")], key=[b"a", b"1", None]), LSN)


TYPES = {
    "S": st.text('abAB\u00e9\U0001f600"\\', min_size=1, max_size=2),
    "B": st.binary(min_size=1, max_size=1),
}
TYPES["N"] = st.sampled_from(
    ["0", "1", "1.0", "1.00", "-1", "10", "0.5", "0.50", "123456789012345678901234567890"]
)
Step = Tuple[str, Tuple[KeyValue, ...], Tuple[KeyValue, ...], bool]


@st.composite
def histories(draw: st.DrawFn) -> Tuple[Tuple[str, ...], str, List[Step]]:
    types = draw(st.sampled_from(["S", "N", "B", "SN", "NB", "BS", "SS", "NN"]))
    keys = st.tuples(*(TYPES[type_] for type_ in types))
    what = st.sampled_from(["insert", "update", "touch", "move", "delete"])
    steps = draw(st.lists(st.tuples(what, keys, keys, st.booleans()), max_size=20))
    return tuple(types), draw(st.sampled_from("dif")), steps


@given(histories())
def test_after_any_history_dynamodb_holds_the_rows_of_the_table(
    history: Tuple[Tuple[str, ...], str, List[Step]],
) -> None:
    types, identity, steps = history
    names = [("k1", types[0]), ("k2", types[-1])][: len(types)]
    relation_, schema_ = relation(*names, identity=identity), schema(*names)
    rows = Rows(relation_, "users", schema_, len(names), keys_of(relation_, schema_))
    server = Server(relation_)
    reader = KeyReader("users", schema_)
    table: Dict[bytes, Row] = {}
    target: Dict[bytes, bytes] = {}

    def row_of(key_: Tuple[KeyValue, ...], more: str) -> Tuple[bytes, Row]:
        body = item({n: attribute(t, v) for (n, t), v in zip(names, key_)}, more={"S": more})
        return reader.digest(body), [*map(column, key_), body]

    for number, (what, key_, other, toasted) in enumerate(steps):
        digest, new = row_of(key_, str(number))
        old = table.get(digest)
        if what == "insert" and old is None:
            table[digest], entries = new, rows.insert(server.insert(new), LSN)
        elif what == "update" and old is not None:
            table[digest], entries = new, rows.update(server.update(old, new, toasted), LSN)
        elif what == "touch" and old is not None:
            entries = rows.update(server.update(old, old, toasted), LSN)
        elif what == "move" and old is not None and row_of(other, "")[0] not in {*table} - {digest}:
            moved, new = row_of(other, str(number))
            entries = rows.update(server.update(table.pop(digest), new, toasted), LSN)
            table[moved] = new
        elif what == "delete" and old is not None:
            entries = rows.delete(server.delete(table.pop(digest)), LSN)
        else:
            continue
        for name, body, delete in entries:
            if delete:
                assert name == reader.digest(body)
                del target[name]
            else:
                target[name] = body
        assert target == {name: each[-1] for name, each in table.items()}
