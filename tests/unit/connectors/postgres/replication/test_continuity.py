"""What looks the same and is another one: relations, publications, DynamoDB tables."""

from __future__ import annotations

from typing import Any, Dict, Optional

from connectors.postgres.layout.assignment import AssignmentRules, assign
from connectors.postgres.layout.relations import Partition, RelationFacts
from connectors.postgres.replication.continuity import (
    KnownIdentities,
    PublicationIdentity,
    Seen,
    decode,
    dropped_tables,
    encode,
    gaps,
    merged,
)
from tests.fakes.layout import everything, facts

T = facts("t", "id", oid=10)._replace(created="700")
PUBLISHED = PublicationIdentity("16400", "701", {"10": "16401/701"})


def seen(
    *relations: RelationFacts,
    publication: PublicationIdentity = PUBLISHED,
    ids: Optional[Dict[str, str]] = None,
    names: Any = ("t", "u"),
) -> Seen:
    assignment = assign(relations, names, AssignmentRules({}, everything))
    return Seen(assignment, {"pub": publication}, {"t": "id 1"} if ids is None else ids)


KNOWN = merged(KnownIdentities(), seen(T))


def test_what_is_the_same_is_neither_a_gap_nor_dropped_and_the_state_keeps_it() -> None:
    assert (gaps(KNOWN, seen(T)), dropped_tables(KNOWN, seen(T))) == ([], {})
    assert merged(KNOWN, seen(T)) == KNOWN
    assert decode(encode(KNOWN)) == KNOWN


def test_nothing_is_known_at_the_first_look() -> None:
    assert (gaps(KnownIdentities(), seen(T)), dropped_tables(KnownIdentities(), seen(T))) == ([], {})


def test_a_table_that_is_gone_was_dropped() -> None:
    assert list(dropped_tables(KNOWN, seen())) == ["t"]


def test_a_table_that_was_created_again_under_its_name_is_another_one() -> None:
    (problem,) = dropped_tables(KNOWN, seen(T._replace(oid=11))).values()
    assert "relation public.t took its place" in problem


def test_a_table_with_which_another_one_swapped_names_is_another_one() -> None:
    old, new = facts("t_old", "id", oid=10), facts("t", "id", oid=12)
    assert list(dropped_tables(KNOWN, seen(old, new))) == ["t"]


def test_a_dynamodb_table_with_another_id_lacks_its_items() -> None:
    (problem,) = gaps(KNOWN, seen(T, ids={"t": "id 2"}))
    assert "created again in DynamoDB" in problem


def test_a_dynamodb_table_that_is_gone_is_a_gap() -> None:
    (problem,) = gaps(KNOWN, seen(T, ids={}, names=()))
    assert "was deleted in DynamoDB" in problem


def test_an_id_that_is_not_known_yet_is_no_difference_and_a_known_one_is_kept() -> None:
    assert gaps(KNOWN, seen(T, ids={})) == []
    assert merged(KNOWN, seen(T, ids={})) == KNOWN
    unknown = merged(KnownIdentities(), seen(T, ids={}))
    assert merged(unknown, seen(T)) == KNOWN


def test_a_publication_that_was_altered_or_created_again_is_a_gap() -> None:
    for other in (
        PublicationIdentity("16400", "750", PUBLISHED.members),
        PublicationIdentity("16500", "701", PUBLISHED.members),
    ):
        (problem,) = gaps(KNOWN, seen(T, publication=other))
        assert "publication pub was changed or created again" in problem


def test_a_table_taken_out_of_the_publication_and_added_again_is_a_gap() -> None:
    again = PublicationIdentity("16400", "701", {"10": "16555/760"})
    (problem,) = gaps(KNOWN, seen(T, publication=again))
    assert '"public"."t" was taken out of publication pub and added again' in problem


def test_a_new_table_that_was_added_after_its_creation_is_a_gap() -> None:
    new = facts("u", "id", oid=20)._replace(created="800")
    later = PublicationIdentity("16400", "701", {**PUBLISHED.members, "20": "16600/801"})
    (problem,) = gaps(KNOWN, seen(T, new, publication=later))
    assert '"public"."u" was added to publication pub after it was created' in problem
    at_once = PublicationIdentity("16400", "701", {**PUBLISHED.members, "20": "16600/800"})
    assert gaps(KNOWN, seen(T, new, publication=at_once)) == []


def test_a_schema_taken_out_of_the_publication_and_added_again_is_a_gap() -> None:
    by_schema = PublicationIdentity("16400", "701", {}, {"public": "16402/701"})
    known = merged(KnownIdentities(), seen(T, publication=by_schema))
    assert gaps(known, seen(T, publication=by_schema)) == []
    again = PublicationIdentity("16400", "701", {}, {"public": "16500/760"})
    (problem,) = gaps(known, seen(T, publication=again))
    assert "was taken out of publication pub and added again" in problem


def test_a_new_table_of_a_publication_for_all_tables_is_complete() -> None:
    for_all = PublicationIdentity("16400", "701")
    known = merged(KnownIdentities(), seen(T, publication=for_all))
    new = facts("u", "id", oid=20)._replace(created="800")
    assert gaps(known, seen(T, new, publication=for_all)) == []


PARTS = T._replace(partitioned=True, partitions=(Partition(21, "s", "t_1", "d", "800"),))
KNOWN_PARTS = merged(KnownIdentities(), seen(PARTS))


def with_partitions(*partitions: Partition) -> Seen:
    return seen(PARTS._replace(partitions=partitions))


def test_a_partition_that_is_gone_was_dropped_or_detached() -> None:
    (problem,) = dropped_tables(KNOWN_PARTS, with_partitions()).values()
    assert 'table t: partition "s"."t_1" was dropped or detached' in problem
    assert "reverse.droppedTable: ignore" in problem
    assert gaps(KNOWN_PARTS, with_partitions()) == []


def test_a_partition_that_was_detached_and_attached_again_is_a_gap() -> None:
    again = with_partitions(PARTS.partitions[0]._replace(attached="801", created_attached=False))
    (problem,) = gaps(KNOWN_PARTS, again)
    assert 'partition "s"."t_1" was detached and attached again' in problem
    assert dropped_tables(KNOWN_PARTS, again) == {}


def test_a_new_partition_is_complete_only_if_it_was_created_as_one() -> None:
    created = Partition(22, "s", "t_2", "d", "802")
    assert gaps(KNOWN_PARTS, with_partitions(*PARTS.partitions, created)) == []
    attached = created._replace(created_attached=False)
    (problem,) = gaps(KNOWN_PARTS, with_partitions(*PARTS.partitions, attached))
    assert 'partition "s"."t_2" was attached after it was created' in problem


def test_partitions_that_were_attached_before_the_first_poll_are_not_a_gap() -> None:
    attached = with_partitions(PARTS.partitions[0]._replace(created_attached=False))
    assert gaps(KnownIdentities(), attached) == []
    assert gaps(merged(KnownIdentities(), attached), attached) == []
    assert decode(encode(merged(KnownIdentities(), attached))).tables["t"].partitions["21"].attached == "800"
