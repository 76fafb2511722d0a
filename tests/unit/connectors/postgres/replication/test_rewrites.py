"""What changes rows without a message: rewriting ALTER TABLE, and TRUNCATE of a partition."""

from __future__ import annotations

from connectors.postgres.layout.assignment import AssignmentRules, assign
from connectors.postgres.layout.relations import Partition, RelationFacts
from connectors.postgres.replication.continuity import KnownIdentities, Seen, decode, encode, merged
from connectors.postgres.replication.rewrites import suspicions, unsent
from tests.fakes.layout import everything, facts

PLAIN = facts("t", "id", oid=10)._replace(toast=100)
ONE, TWO = (
    Partition(oid, "s", name, "d", toast=oid + 100, file=f"0/{oid}")
    for oid, name in ((21, "t_1"), (22, "t_2"))
)


def seen(relation: RelationFacts) -> Seen:
    return Seen(assign([relation], ["t"], AssignmentRules({}, everything)), {}, {})


def parts(*partitions: Partition) -> RelationFacts:
    return PLAIN._replace(toast=0, partitioned=True, partitions=partitions)


def known(relation: RelationFacts) -> KnownIdentities:
    return decode(encode(merged(KnownIdentities(), seen(relation))))


def truncated(partition: Partition) -> Partition:
    return partition._replace(file="0/99", uncounted=True)


def test_a_table_with_another_toast_table_was_rewritten() -> None:
    (problem,) = unsent(known(PLAIN), seen(PLAIN._replace(toast=200)))
    assert 'table "public"."t" was rewritten by ALTER TABLE' in problem
    (problem,) = unsent(known(parts(ONE, TWO)), seen(parts(ONE._replace(toast=200, file="0/99"), TWO)))
    assert 'table "s"."t_1" was rewritten by ALTER TABLE' in problem


def test_nothing_is_compared_with_what_is_not_known() -> None:
    for before, now in ((0, 100), (100, 0), (100, 100)):
        assert unsent(known(PLAIN._replace(toast=before)), seen(PLAIN._replace(toast=now))) == []
    assert unsent(KnownIdentities(), seen(parts(truncated(ONE)))) == []
    assert unsent(known(PLAIN), seen(PLAIN._replace(oid=11, toast=200))) == []


def test_a_partition_with_a_new_file_and_uncounted_rows_was_truncated() -> None:
    (problem,) = unsent(known(parts(ONE, TWO)), seen(parts(truncated(ONE), TWO)))
    assert 'partition "s"."t_1" was emptied by TRUNCATE' in problem


def test_a_partition_with_a_new_file_and_counted_rows_is_named_and_goes_on() -> None:
    before, now = known(parts(ONE, TWO)), seen(parts(ONE._replace(file="0/99"), TWO))
    assert unsent(before, now) == []
    (suspicion,) = suspicions(before, now)
    assert 'partition "s"."t_1" has another file' in suspicion


def test_other_files_of_all_partitions_are_those_of_a_truncated_table() -> None:
    before, now = known(parts(ONE, TWO)), seen(parts(truncated(ONE), truncated(TWO)))
    assert (unsent(before, now), suspicions(before, now)) == ([], [])


def test_a_partition_in_another_tablespace_was_moved() -> None:
    before, now = known(parts(ONE, TWO)), seen(parts(ONE._replace(file="1663/99", uncounted=True), TWO))
    assert (unsent(before, now), suspicions(before, now)) == ([], [])


def test_a_new_partition_is_not_compared() -> None:
    new = truncated(ONE)._replace(oid=23)
    assert unsent(known(parts(ONE, TWO)), seen(parts(ONE, TWO, new))) == []


def test_a_table_that_dynamodb_lacks_and_that_is_skipped_is_not_compared() -> None:
    rules = AssignmentRules({}, everything, (), skips_missing=True)
    skipped = Seen(assign([PLAIN._replace(toast=200)], [], rules), {}, {})
    assert unsent(known(PLAIN), skipped) == []
