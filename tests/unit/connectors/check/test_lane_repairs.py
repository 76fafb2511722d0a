"""A lane of the check that repairs the target."""

from __future__ import annotations

from typing import List, Sequence

from connectors.check.lane import REPAIRS, CheckPolicy
from connectors.check.report.difference import DifferenceKind
from connectors.model.writes import Write, WriteReport
from tests.fakes.access import item
from tests.unit.connectors.check.rig import RULES, Rig


def test_a_repair_writes_missing_and_different_items_and_keeps_extra_ones() -> None:
    source = {1: item(1), 2: item(2, v={"S": "a"})}
    rig = Rig(source, {2: item(2, v={"S": "b"}), 3: item(3)}, CheckPolicy(RULES, repair=True))
    rig.scan()
    rig.run()
    assert rig.sides.target == {**source, 3: item(3)}
    assert {number: line.repaired for number, line in rig.reported.items()} == {1: True, 2: True, 3: False}
    assert (rig.counts.repaired, rig.counts.extra) == (2, 1)


def test_a_repair_deletes_extra_items_on_request() -> None:
    rig = Rig({}, {3: item(3)}, CheckPolicy(RULES, repair=True, delete_extra=True))
    rig.scan()
    rig.run()
    assert rig.sides.target == {}
    assert (rig.reported[3].kind, rig.reported[3].repaired) == (DifferenceKind.EXTRA, True)


def test_an_item_that_the_target_rejects_is_reported_after_some_attempts() -> None:
    rig = Rig({1: item(1)}, {}, CheckPolicy(RULES, repair=True))
    rig.sides.refuses = {1}
    rig.scan()
    rig.run()
    assert (rig.reported[1].repaired, rig.counts.refused, rig.counts.missing) == (False, 1, 1)
    assert REPAIRS > 1


def test_a_repair_deletes_nothing_in_a_table_that_the_source_lacks() -> None:
    """A wrong region or endpoint of the source would otherwise empty the target."""
    rig = Rig({}, {1: item(1), 2: item(2)}, CheckPolicy(RULES, repair=True, delete_extra=True))
    rig.sides.source_has_table = False
    rig.scan()
    rig.run()
    assert set(rig.sides.target) == {1, 2}
    assert {line.kind for line in rig.reported.values()} == {DifferenceKind.EXTRA}
    assert (rig.counts.extra, rig.counts.kept, rig.counts.deleted) == (2, 2, 0)


def test_a_table_that_the_source_loses_during_the_check_is_not_emptied_at_the_target() -> None:
    rig = Rig({1: item(1)}, {1: item(1), 2: item(2)}, CheckPolicy(RULES, repair=True, delete_extra=True))
    rig.scan()

    def lose() -> None:
        if rig.now > 1010:
            rig.sides.source.clear()
            rig.sides.source_has_table = False

    rig.sides.before_look = lose
    rig.run()
    assert set(rig.sides.target) == {1, 2}


def test_a_repair_that_shows_a_moment_later_is_one_repair_and_succeeds() -> None:
    """After a repair the key is watched from the beginning: earlier looks prove nothing any more."""
    rig = Rig({1: item(1, v={"S": "new"})}, {1: item(1, v={"S": "old"})}, CheckPolicy(RULES, repair=True))
    rig.scan()
    written: List[float] = []

    def write(writes: Sequence[Write]) -> WriteReport:
        written.append(rig.now)
        return WriteReport(len(writes), 0)

    def show() -> None:
        if written and rig.now > written[0] + 5:
            rig.sides.target[1] = rig.sides.source[1]

    rig.sides.write = write  # type: ignore[method-assign]
    rig.sides.before_look = show
    rig.run()
    assert len(written) == 1
    assert (rig.counts.repaired, rig.counts.different) == (1, 0)


def test_between_two_repairs_of_a_key_passes_the_time_to_settle() -> None:
    rig = Rig({1: item(1)}, {}, CheckPolicy(RULES, repair=True))
    rig.scan()
    written: List[float] = []

    def write(writes: Sequence[Write]) -> WriteReport:
        written.append(rig.now)
        return WriteReport(0, len(writes))

    rig.sides.write = write  # type: ignore[method-assign]
    rig.run()
    assert len(written) == REPAIRS
    assert all(later - earlier >= RULES.settle for earlier, later in zip(written, written[1:]))


def test_a_key_that_keeps_changing_is_not_repaired() -> None:
    """What was read a moment ago is old: writing it would take the target back."""
    rig = Rig({1: item(1)}, {1: item(1, v={"S": "wrong"})}, CheckPolicy(RULES, repair=True))
    rig.scan()

    def change() -> None:
        rig.sides.source[1] = item(1, v={"N": str(rig.sides.looked)})

    rig.sides.before_look = change
    rig.run()
    assert rig.sides.target[1] == item(1, v={"S": "wrong"})
    assert (rig.counts.changing, rig.reported[1].changing) == (1, True)
