"""The chain's file, and what breaks a chain."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from connectors.check.changes.chain import (
    MARGIN,
    MOST_LINKS,
    VERSION,
    BrokenChain,
    Chain,
    ReadState,
    Selection,
    expired,
    extended,
    mismatch,
    sealed,
    unsealed,
)
from connectors.check.changes.link import continuable, root_chain
from connectors.check.changes.stored import end_chain, latest_chain, latest_of, place_of_changes
from connectors.check.report.summary import CheckMode, Scope, Verdict
from connectors.config import load
from connectors.config.choices import Direction
from connectors.dynamodb.streams.lineage import Known, Lineage
from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard_set import Ready, ShardSet
from connectors.model.assignment import Assignment
from connectors.model.notices import PlannedTable
from tests.fakes.cutover import DYNAMODB, POLARDB, chain, generation_after, summary
from tests.unit.connectors.check.changes.world import World

T0 = 1_700_000_000.0
HOUR = 3600.0
OPEN = {"orders": [msgspec.Raw(b'{"id":{"S":"a"}}')]}


def read(of: Chain) -> Chain:
    """The chain after some reading."""
    ready = Ready(Assignment("s2", "s1", "s1", "17"), T0)
    state = ReadState(
        Lineage(True, True, {"s1": Known("", "s1", True), "s2": Known("s1", "s1", False)}),
        ShardSet(reading={"s2": ready}, done={"s1": T0}),
        {"s2": ShardPosition("99", T0, T0)},
    )
    table = msgspec.structs.replace(of.tables["orders"], state=state)
    return msgspec.structs.replace(of, tables={"orders": table}, open=OPEN)


def test_the_file_of_a_chain_holds_all_of_it() -> None:
    before = read(generation_after(chain(T0), T0 + 60))
    assert sealed(unsealed(sealed(before), "here")) == sealed(before)
    assert unsealed(sealed(before), "here").tables == before.tables


@pytest.mark.parametrize(
    "harm",
    [
        lambda body: body.replace(b'"equal"', b'"diffe"'),
        lambda body: body.replace(b'"verdict":"equal"', b'"verdict":"different"'),
        lambda body: body[:-20],
        lambda body: b"",
        lambda body: b"{}",
        lambda body: b"\xff\xfe",
        lambda body: body.replace(b'"99"', b'"98"'),
    ],
)
def test_a_file_that_was_damaged_or_edited_breaks_the_chain(harm) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BrokenChain, match="Check everything again"):
        unsealed(harm(sealed(read(chain(T0)))), "here")


def test_a_file_of_another_version_breaks_the_chain() -> None:
    with pytest.raises(BrokenChain):
        unsealed(sealed(msgspec.structs.replace(chain(T0), version=VERSION + 1)), "here")


def test_other_addresses_another_filter_and_other_tables_break_the_chain() -> None:
    known, names = chain(T0), ["orders"]
    assert mismatch(known, DYNAMODB, POLARDB, Selection(), names) is None
    assert "settings name others" in (mismatch(known, POLARDB, POLARDB, Selection(), names) or "")
    assert "filter" in (mismatch(known, DYNAMODB, POLARDB, Selection(["orders"]), names) or "")
    assert "+new" in (mismatch(known, DYNAMODB, POLARDB, Selection(), ["orders", "new"]) or "")
    assert "-orders" in (mismatch(known, DYNAMODB, POLARDB, Selection(), []) or "")


def test_a_table_that_had_no_stream_breaks_the_chain() -> None:
    known = chain(T0)
    table = msgspec.structs.replace(known.tables["orders"], arn="")
    known = msgspec.structs.replace(known, tables={"orders": table})
    assert "orders had no stream" in (mismatch(known, DYNAMODB, POLARDB, Selection(), ["orders"]) or "")


def test_records_are_trusted_for_23_hours_after_the_time_from_which_they_are_needed() -> None:
    full = chain(T0)
    assert expired(full, T0 - MARGIN + 23 * HOUR - 1) is None
    assert "24 hours" in (expired(full, T0 - MARGIN + 23 * HOUR) or "")
    later = generation_after(full, T0 + 20 * HOUR)
    assert expired(later, T0 + 43 * HOUR - 1) is None
    assert expired(later, T0 + 43 * HOUR) is not None


def test_a_chain_keeps_the_full_check_and_the_newest_generations() -> None:
    known = chain(T0)
    for number in range(MOST_LINKS + 5):
        known = generation_after(known, T0 + number)
    assert [link.generation for link in known.links] == [0, *range(6, MOST_LINKS + 6)]


def test_only_a_complete_check_of_all_items_forward_begins_a_chain() -> None:
    world = World()
    planned = [PlannedTable("orders", arn="arn", since=T0)]
    for scope, direction, begins in (
        (Scope.ALL, Direction.FORWARD, True),
        (Scope.SAMPLE, Direction.FORWARD, False),
        (Scope.KEYS, Direction.FORWARD, False),
        (Scope.ALL, Direction.REVERSE, False),
    ):
        run = msgspec.structs.replace(world._run(T0, CheckMode(scope)), direction=direction)
        body = root_chain(run, Selection(), "r", summary(T0), planned, {})
        assert (body is not None) is begins, (scope, direction)
    run = world._run(T0, CheckMode(Scope.ALL))
    assert root_chain(run, Selection(), "r", summary(T0, Verdict.INCOMPLETE), planned, {}) is None


def test_a_document_without_a_key_of_its_table_cannot_be_compared_again() -> None:
    by_id = {"orders": [msgspec.Raw(b'{"_id":{"$oid":"65"}}')]}
    assert not continuable(summary(T0), by_id)
    assert continuable(summary(T0), OPEN)


def test_the_newest_chain_of_a_place_is_that_of_its_generations_unless_a_full_check_followed(
    tmp_path: Path,
) -> None:
    settings, place = load([], {}), str(tmp_path)
    assert latest_chain(place, settings) is None
    with pytest.raises(BrokenChain, match="has no chain"):
        latest_of(place, settings)
    full = chain(T0)
    (tmp_path / "chain.json").write_bytes(sealed(full))
    assert latest_of(place, settings).last.generation == 0
    (tmp_path / "changes").mkdir()
    (tmp_path / "changes" / "chain.json").write_bytes(sealed(generation_after(full, T0 + 60)))
    assert latest_of(place, settings).last.generation == 1
    (tmp_path / "chain.json").write_bytes(sealed(msgspec.structs.replace(full, root="newer")))
    assert latest_of(place, settings).last.generation == 0


def test_a_chain_ends_with_its_files(tmp_path: Path) -> None:
    settings, place = load([], {}), str(tmp_path)
    end_chain(place, settings)
    assert not list(tmp_path.iterdir())
    (tmp_path / "changes").mkdir()
    for name in ("chain.json", "changes/chain.json"):
        (tmp_path / name).write_bytes(sealed(chain(T0)))
    end_chain(place, settings)
    assert latest_chain(place, settings) is None
    assert not (tmp_path / "changes" / "chain.json").exists()


def test_a_generation_never_replaces_the_report_of_the_full_check() -> None:
    assert place_of_changes("/r", None) == "/r/changes"
    assert place_of_changes("/r", "/r") == "/r/changes"
    assert place_of_changes("/r/changes", None) == "/r/changes"
    assert place_of_changes("/r", "/other") == "/other"
    assert place_of_changes("s3://b/r", None) == "s3://b/r/changes"


def test_extending_a_chain_replaces_its_open_keys() -> None:
    after = extended(read(chain(T0)), chain(T0).full, chain(T0).tables, {})
    assert after.open == {}
