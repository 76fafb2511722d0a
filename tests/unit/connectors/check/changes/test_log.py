"""Whether PolarDB's log and tables are still those of the chain for the way back, and how it begins."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

import msgspec
import pytest

from connectors.base.errors import TerminalError
from connectors.check.changes.chain import Chain, LogState, sealed, unsealed
from connectors.check.changes.link import turned_back, turned_forward
from connectors.check.changes.log import LogSeen, differences, state_of
from connectors.check.report.summary import Verdict
from connectors.postgres.layout.assignment import AssignmentRules, assign
from connectors.postgres.layout.relations import RelationFacts
from connectors.postgres.replication.continuity import PublicationIdentity, Seen
from tests.fakes.cutover import DYNAMODB, POLARDB, chain, chain_back, generation_after, log_state
from tests.fakes.layout import everything, facts, schema

T = facts("t", "id", oid=10)._replace(toast=70)
PUBLISHED = PublicationIdentity("16400", "701", {"10": "16401/701"})
POSITIONS = {"slot": 100}


def look(
    relation: Optional[RelationFacts] = T,
    publication: PublicationIdentity = PUBLISHED,
    ids: Any = None,
    **more: Any,
) -> LogSeen:
    assignment = assign([relation] if relation else [], ["t"], AssignmentRules({}, everything))
    seen = Seen(assignment, {"pub": publication}, {"t": "id 1"} if ids is None else ids)
    given: Dict[str, Any] = {"schemas": {"t": schema(("id", "S"))}, "problems": [], **more}
    return LogSeen(**{"end": 200, "server": "7", "publications": {"slot": "pub"}, "seen": seen, **given})


LOG = state_of(look(), POSITIONS, ["t"])


def test_what_is_the_same_continues_the_chain() -> None:
    assert differences(LOG, look()) is None
    stored = msgspec.structs.replace(chain(1.0), log=LOG)
    again = unsealed(sealed(stored), "here").log
    assert again == LOG
    assert again
    assert differences(again, look()) is None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (look(server="8"), "restarted, or another server"),
        (look(publications={"slot": "another"}), "publications of the settings"),
        (look(publications={"slot": "pub", "more": "pub2"}), "publications of the settings"),
        (look(problems=["slot x is lost"]), "slot x is lost"),
        (look(None), "dropped"),
        (look(T._replace(oid=11)), "took its place"),
        (look(T._replace(toast=71)), "rewritten by ALTER TABLE"),
        (
            look(publication=PublicationIdentity("16400", "702", PUBLISHED.members)),
            "changed or created again",
        ),
        (look(ids={"t": "id 2"}), "another TableId"),
        (look(schemas={}), "no longer exists"),
    ],
)
def test_what_is_another_one_breaks_the_chain(now: LogSeen, reason: str) -> None:
    assert reason in (differences(LOG, now) or "")


def test_a_chain_does_not_begin_where_changes_may_not_be_in_the_slots() -> None:
    with pytest.raises(TerminalError, match="is lost"):
        state_of(look(problems=["slot x is lost"]), POSITIONS, ["t"])
    with pytest.raises(TerminalError, match="no relation of PolarDB is table u"):
        state_of(look(), POSITIONS, ["t", "u"])


def test_only_the_tables_of_the_chain_are_watched() -> None:
    assert state_of(look(), POSITIONS, []).known.tables == {}


BACK: LogState = log_state({"flink_slot": 100})


def test_the_chain_of_the_way_back_exchanges_the_sides_and_goes_on_counting() -> None:
    closed = generation_after(chain(10.0), 50.0)
    back = turned_back(closed, 50.0, BACK)
    assert back
    assert (back.source, back.target, back.log) == (POLARDB, DYNAMODB, BACK)
    assert (back.root, back.last, back.tables["orders"].state) == (closed.root, closed.last, None)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: generation_after(chain(10.0), 49.0),
        lambda: generation_after(chain(10.0), 50.0, Verdict.DIFFERENT),
        lambda: generation_after(chain(10.0), 50.0, left=1),
        lambda: msgspec.structs.replace(
            generation_after(chain(10.0), 50.0), open={"orders": [msgspec.Raw(b"{}")]}
        ),
        lambda: msgspec.structs.replace(generation_after(chain(10.0), 50.0), log=BACK),
    ],
)
def test_without_a_proof_of_equality_after_the_writes_there_is_no_chain_for_the_way_back(
    spoil: Callable[[], Chain],
) -> None:
    assert turned_back(spoil(), 50.0, BACK) is None


def test_after_a_rollback_the_streams_are_read_from_the_last_check_on() -> None:
    closed = generation_after(chain_back(10.0), 50.0, position=200)
    forward = turned_forward(closed, 50.0, 200)
    assert forward
    assert (forward.source, forward.target, forward.log) == (DYNAMODB, POLARDB, None)
    assert (forward.last, forward.tables["orders"].since, forward.covered) == (closed.last, 50.0, 50.0)
    assert turned_forward(closed, 51.0, 200) is None
    assert turned_forward(closed, 50.0, 201) is None
    assert turned_forward(generation_after(chain_back(10.0), 50.0, left=1, position=200), 50.0, 200) is None
    assert turned_forward(generation_after(chain(10.0), 50.0), 50.0, 0) is None
