"""Which tables a cut-over moves: the named group, or the rest."""

from __future__ import annotations

import pytest

from connectors.base.errors import TransientError
from connectors.command.cutover.share import Share, group_of, share_of, shown_progress
from connectors.config.filters import TableFilter
from tests.fakes.cutover import LIVE, summary
from tests.fakes.flink import FakeFlink, FakeJob
from tests.unit.connectors.command.cutover.bench import T0

WHITE, GLOBS = TableFilter(("orders", "u_1", "a.b")), TableFilter(("o*", "a.b"))


def test_the_names_of_a_group_are_tables_of_the_filter() -> None:
    assert group_of(" orders, u_1;orders", WHITE) == ("orders", "u_1")
    assert group_of(None, WHITE) == ()


@pytest.mark.parametrize(
    ("text", "tables", "says"),
    [
        ("o*", WHITE, "without globs"),
        (" ,", WHITE, "names no table"),
        ("carts", WHITE, "leaves out carts"),
        ("orders", TableFilter((), ("carts",)), "blackTableSet"),
    ],
)
def test_a_group_that_cannot_be_selected_is_refused(text: str, tables: TableFilter, says: str) -> None:
    with pytest.raises(Exception, match=says):
        group_of(text, tables)


@pytest.mark.parametrize(
    ("tables", "selection"),
    [
        (TableFilter(), 'filter.blackTableSet=["a[._]b"]'),
        (TableFilter((), ("x",)), 'filter.blackTableSet=["x", "a[._]b"]'),
        (WHITE, 'filter.whiteTableSet=["orders", "u_1"]'),
        (GLOBS, 'filter.whiteTableSet=["o[._]1", "orders"]'),
    ],
)
def test_the_rest_is_what_the_filter_includes_and_nobody_has_taken(
    tables: TableFilter, selection: str
) -> None:
    job = FakeJob("f1", "polarshake forward")
    job.tables = {"orders": dict(LIVE), "a_b": {**LIVE, "handedOver": 2}, "o_1": dict(LIVE)}
    share = share_of((), job.progress(), tables, False)
    assert (share.earlier, share.selection) == (("a_b",), ("--set", selection))
    assert share.replicated == []


def test_the_reverse_job_of_a_group_replicates_what_was_handed_over_and_the_group() -> None:
    share = Share(("u.v",), ("a_b", "orders"))
    assert share.replicated == ["--set", 'filter.whiteTableSet=["a[._]b", "orders", "u.v"]']


def test_a_first_answer_of_flink_without_the_enumerators_numbers_is_not_taken() -> None:
    job = FakeJob("f1", "polarshake forward")
    job.tables = {"orders": {"lagSeconds": 6, "measuredAt": 1}}
    answers = [{"orders": {**LIVE, "measuredAt": 1, "handedOver": 1}}]
    shown = shown_progress(FakeFlink(job), None, lambda _: setattr(job, "tables", answers[0]))
    assert shown
    assert shown.handed_over == ["orders"]
    job.tables = {}
    with pytest.raises(TransientError, match="does not show the tables"):
        shown_progress(FakeFlink(job), None, lambda _: None)


def test_without_groups_nothing_is_selected() -> None:
    job = FakeJob("f1", "polarshake forward")
    job.tables = {"orders": dict(LIVE)}
    assert share_of((), job.progress(), TableFilter(), False) == Share()
    assert summary(T0).tables[0].table == "orders"
