"""Which DynamoDB table a relation feeds: one answer for setup, preflight, doctor, looks and reader."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from hypothesis import given
from hypothesis import strategies as st

from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.layout.assignment import AssignmentRules, TableAssignment, assign
from connectors.postgres.layout.overrides import Override
from connectors.postgres.layout.relations import ColumnFacts, RelationFacts
from tests.fakes.layout import everything, facts


def assigned(
    relations: Sequence[RelationFacts], names: Sequence[str], overrides: Any = None, **rules: Any
) -> TableAssignment:
    return assign(relations, names, AssignmentRules(overrides or {}, **{"allows": everything, **rules}))


def fed(assignment: TableAssignment) -> Dict[str, str]:
    return {each.relation.qualified: each.table for each in assignment.wanted}


def numbered(*relations: RelationFacts) -> List[RelationFacts]:
    return [relation._replace(oid=number) for number, relation in enumerate(relations, 1)]


def test_the_exact_name_comes_first_and_a_folded_one_only_where_nothing_else_has_the_table() -> None:
    both = numbered(facts("Orders", "id"), facts("orders", "id"))
    result = assigned(both, ["Orders"])
    assert fed(result) == {"public.Orders": "Orders", "public.orders": "orders"}
    assert [each.exists for each in result.tables] == [True, False]
    assert fed(assigned(both[1:], ["Orders"])) == {"public.orders": "Orders"}


def test_a_name_with_an_upper_case_letter_was_quoted_and_belongs_to_no_other_spelling() -> None:
    (result,) = assigned([facts("Orders", "id")], ["ORDERS"]).tables
    assert (result.table, result.exists) == ("Orders", False)


def test_two_tables_for_one_relation_are_refused_until_configured() -> None:
    relation = facts("users", "id")
    (problem,) = assigned([relation], ["Users", "USERS"]).problems
    assert "may belong to each of the DynamoDB tables USERS, Users" in problem
    assert assigned([relation], ["Users", "USERS"], allows=lambda name: name == "orders").problems == ()
    chosen = assigned([relation], ["Users", "USERS"], {"public.users": Override("USERS")})
    assert (chosen.problems, fed(chosen)) == ((), {"public.users": "USERS"})


def test_two_relations_for_one_table_are_refused_in_either_order() -> None:
    copies = numbered(facts("t", "id"), facts("t", "id", namespace="bak"))
    for order in (copies, copies[::-1]):
        (problem,) = assigned(order, ["t"]).problems
        assert "the relations bak.t and public.t" in problem
        assert "skip: true" in problem


def test_a_copy_that_is_skipped_is_not_a_table() -> None:
    copies = numbered(facts("t", "id"), facts("t", "id", namespace="bak"))
    result = assigned(copies, ["t"], {"bak.t": Override(skip=True)})
    assert (result.problems, fed(result)) == ((), {"public.t": "t"})


def test_two_folded_relations_of_different_schemas_are_refused() -> None:
    copies = numbered(facts("orders", "id"), facts("orders", "id", namespace="bak"))
    assert len(assigned(copies, ["Orders"]).problems) == 1


def test_copies_that_the_filter_leaves_out_are_nobodys_problem() -> None:
    copies = numbered(facts("t", "id"), facts("t", "id", namespace="bak"))
    assert assigned(copies, ["t"], allows=lambda name: False).problems == ()


def test_the_filter_names_dynamodb_tables_whatever_postgresql_calls_them() -> None:
    def only(name: str) -> bool:
        return name in ("X_Items", "X_Users")

    result = assigned(
        numbered(facts("x_items", "id"), facts("tbl_17", "id"), facts("x_other", "id")),
        ["X_Items", "X_Users", "X_Other"],
        {"public.tbl_17": Override("X_Users")},
        allows=only,
    )
    assert fed(result) == {"public.x_items": "X_Items", "public.tbl_17": "X_Users"}


def test_a_table_that_the_filter_names_and_dynamodb_lacks_is_expected_and_not_left_out() -> None:
    result = assigned([facts("x_items", "id")], [], allows="X_Items".__eq__, expected=["X_Items"])
    (each,) = result.wanted
    assert (each.table, each.exists) == ("X_Items", False)


def test_an_entry_that_names_no_relation_is_found() -> None:
    assert assigned([facts("t", "id")], ["t"], {"public.T": Override("t")}).unknown == ("public.T",)


def test_a_document_column_that_is_configured_and_missing_is_a_problem() -> None:
    (problem,) = assigned([facts("t", "id")], ["t"], {"public.t": Override(document="doc")}).problems
    assert "has no column doc, which reverse.relations names" in problem


def test_a_generated_document_is_refused_because_it_is_never_sent() -> None:
    relation = facts("t", "id", document=None)
    generated = relation._replace(
        columns=(*relation.columns, ColumnFacts("polardb_document", 3802, 3802, generated=True))
    )
    (problem,) = assigned([generated], ["t"]).problems
    assert "the generated column polardb_document" in problem
    assert assigned([generated], ["t"], {"public.t": Override(skip=True)}).problems == ()


def test_a_table_missing_in_dynamodb_is_wanted_unless_it_is_to_be_skipped() -> None:
    assert fed(assigned([facts("t", "id")], [])) == {"public.t": "t"}
    assert fed(assigned([facts("t", "id")], [], skips_missing=True)) == {}


def test_the_forward_jobs_own_table_is_no_table_and_may_exist_once() -> None:
    marks = numbered(facts(ORIGIN, "id"), facts(ORIGIN, "id", namespace="bak"))
    assert assigned(marks[:1], [ORIGIN]).tables == ()
    assert len(assigned(marks, [ORIGIN]).problems) == 1


def test_a_truncated_name_belongs_to_the_only_table_that_begins_with_it() -> None:
    relation = facts("a" * 63, "id")
    assert fed(assigned([relation], ["a" * 80, "b"])) == {f"public.{'a' * 63}": "a" * 80}
    assert len(assigned([relation], ["a" * 80, "a" * 81]).problems) == 1


NAMES = st.sampled_from(["t", "T", "tT", "Tt", "tt", "u", "U"])


@given(
    st.lists(st.tuples(NAMES, st.sampled_from(["public", "bak"])), unique=True, max_size=6),
    st.sets(NAMES),
    st.sets(NAMES),
)
def test_without_a_problem_no_table_is_fed_twice_and_every_exact_name_is_kept(
    places: List[Any], names: Any, allowed: Any
) -> None:
    relations = numbered(*(facts(name, "id", namespace=schema) for name, schema in places))
    result = assigned(relations, sorted(names), allows=allowed.__contains__)
    tables = [each.table for each in result.included]
    if not result.problems:
        assert len(tables) == len(set(tables))
    for each in result.tables:
        assert each.relation.name.lower() == each.table.lower()
        if each.relation.name in names:
            assert each.table == each.relation.name
