from __future__ import annotations

import threading
import time
from typing import Callable, Iterator, List, Optional

import msgspec
import pytest

from connectors.base.errors import GapError, PreflightError, TerminalError, TransientError
from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.faults import ServiceError
from connectors.engine.enumerator.discovery import (
    RETRY_SECONDS,
    STREAM_CHECK_SECONDS,
    DiscoveryPace,
    DiscoveryPoller,
    ListedNames,
    NoTablesError,
    Seen,
)
from connectors.engine.enumerator.observations import Listed, Prepared, Reported, Restreamed, RunAccepted
from connectors.engine.enumerator.table_planner import Suspension, TablePhase, TableState
from connectors.model.steps import TableFact, TableFault
from tests.fakes.clock import FakeClock
from tests.fakes.look import FakeLook

NEW = TableState("t", 1)
PREPARED = TableState("t", 1, TablePhase.PREPARED, arn="arn t")
SCANNING = TableState("t", 1, TablePhase.SCANNING, arn="arn t")


REPORTED = Reported({(0, "t"): TableFact(1, 0, True)}, [])


class FakeReports:
    def __init__(self) -> None:
        self.calls: List[str] = []
        self.faults: List[Exception] = []
        self.found: List[Reported] = []

    def begin(self) -> None:
        self.calls.append("begin")
        if self.faults:
            raise self.faults.pop()

    def read(self) -> Optional[Reported]:
        self.calls.append("read")
        return self.found.pop() if self.found else None


class Rig:
    def __init__(
        self,
        streams: bool = True,
        pace: DiscoveryPace = DiscoveryPace(),  # noqa: B008 - immutable
        suspends: bool = False,
    ) -> None:
        self.look, self.clock = FakeLook("t"), FakeClock()
        self.reports = FakeReports()
        self.poller = DiscoveryPoller(
            self.look,
            self.look if streams else None,
            pace,
            self.clock,
            self.reports if streams else None,
            self.look if suspends else None,
            suspends,
        )

    def watch(self, *states: TableState) -> None:
        self.poller.watch({state.table: state for state in states})

    def round(self, seconds: float = 0.0) -> List[Seen]:
        """One turn, and what the threads that prepare tables brought in by its end."""
        self.clock.now += seconds
        self.poller._guard(self.poller.round)
        wait_for(lambda: all(each.done() for each in self.poller._preparing.values()))
        return self.poller.seen()

    def count(self, call: str) -> int:
        return self.look.calls.count(call)


def wait_for(met: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not met():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.002)


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.poller.close()


def test_tables_are_listed_at_once_and_then_at_the_pace(rig: Rig) -> None:
    assert rig.round() == [ListedNames(["t"])]
    assert rig.round(59) == []
    assert rig.round(1) == [ListedNames(["t"])]


def test_where_no_tables_are_looked_for_later_they_are_listed_once() -> None:
    rig = Rig(pace=DiscoveryPace(names=0))
    assert rig.round() == [ListedNames(["t"])]
    assert rig.round(1e9) == []


@pytest.mark.parametrize("pace", [0.0, 60.0])
def test_a_first_look_that_fails_for_a_passing_reason_is_soon_repeated(pace: float) -> None:
    rig = Rig(pace=DiscoveryPace(names=pace))
    rig.look.fail("names", TransientError("down"), TransientError("down"))
    assert rig.round() == []
    assert rig.round(RETRY_SECONDS) == []
    assert rig.round(RETRY_SECONDS) == [ListedNames(["t"])]


def test_a_table_is_prepared_once_for_each_generation(rig: Rig) -> None:
    rig.watch(NEW)
    prepared = Prepared("t", [("pk", "S")], "arn t", 0, 0, target_id="id t")
    assert prepared._replace(attempt=(1, 0)) in rig.round()
    assert rig.round(1000) == [ListedNames(["t"])]
    rig.watch(TableState("t", 2))
    assert rig.round() == [prepared._replace(attempt=(2, 0))]
    assert rig.count("prepare t") == 2


def test_preparing_is_repeated_after_a_passing_fault_and_not_at_once(rig: Rig) -> None:
    rig.watch(NEW)
    rig.look.fail("prepare t", *[TransientError("busy")] * 3)
    rig.round()
    for _ in range(5):
        rig.round(0.1)
    assert rig.count("prepare t") == 2
    rig.round(RETRY_SECONDS)
    assert any(isinstance(seen, Prepared) for seen in rig.round(RETRY_SECONDS))


def test_a_refusal_is_raised_in_the_enumerators_own_step_and_not_repeated(rig: Rig) -> None:
    rig.watch(NEW)
    rig.look.fail("prepare t", PreflightError("table t: no"))
    with pytest.raises(PreflightError, match="table t: no"):
        rig.round()
    rig.round(1000)
    assert rig.count("prepare t") == 1


def test_a_table_that_goes_on_by_command_is_not_prepared_twice_at_the_same_time(rig: Rig) -> None:
    """The attempt before may still be about to drop or to create the target's table."""
    let, prepare = threading.Event(), rig.look.prepare

    def slowly(state: TableState) -> Prepared:
        found = prepare(state)
        assert let.wait(120)
        return found

    rig.look.prepare = slowly  # type: ignore[method-assign]
    rig.watch(NEW)
    rig.poller.round()
    wait_for(lambda: rig.count("prepare t") == 1)
    for later in (msgspec.structs.replace(NEW, hold=2), TableState("t", 2)):
        rig.watch(later)
        rig.poller.round()
        assert len(rig.poller._preparing) == 1
    let.set()
    attempts = [seen.attempt for _ in range(2) for seen in rig.round() if isinstance(seen, Prepared)]
    assert attempts == [(1, 0), (2, 0)]


def test_shards_are_listed_often_until_they_are_registered_and_then_at_the_pace(rig: Rig) -> None:
    rig.watch(PREPARED)
    rig.round()
    rig.round(0.5)
    assert rig.count("shards t") == 2
    rig.watch(SCANNING)
    rig.round(0.5)
    rig.round(4.0)
    assert rig.count("shards t") == 3
    assert any(isinstance(seen, Listed) for seen in rig.round(1.0))


def test_one_table_that_cannot_be_looked_at_does_not_hide_the_others(rig: Rig) -> None:
    rig.watch(SCANNING, TableState("u", 1, TablePhase.SCANNING, arn="arn u"))
    rig.look.fail("shards t", TransientError("throttled"))
    assert [seen.table for seen in rig.round() if isinstance(seen, Listed)] == ["u"]


@pytest.mark.parametrize("now", ["", "arn of another"])
def test_a_stream_that_is_not_the_one_being_read_is_told(rig: Rig, now: object) -> None:
    rig.look.arns["t"] = now  # type: ignore[assignment]
    rig.watch(PREPARED)
    assert not any(isinstance(seen, Restreamed) for seen in rig.round())
    rig.watch(SCANNING)
    (seen,) = [seen for seen in rig.round(STREAM_CHECK_SECONDS) if isinstance(seen, Restreamed)]
    assert (seen.table, seen.arn) == ("t", "arn t")
    assert "arn t" in seen.reason


def test_the_run_is_accepted_before_a_report_is_read_and_only_once(rig: Rig) -> None:
    rig.reports.found = [REPORTED]
    rig.poller.reports()
    assert rig.poller.seen() == [RunAccepted(), REPORTED]
    rig.poller.reports()
    assert rig.poller.seen() == []
    assert rig.reports.calls == ["begin", "read", "read"]


def test_a_run_that_cannot_be_accepted_now_is_tried_again_and_nothing_is_read(rig: Rig) -> None:
    rig.reports.faults = [TransientError("down")]
    assert not rig.poller._guard(rig.poller.reports)
    assert rig.poller.seen() == []
    assert rig.poller._guard(rig.poller.reports)
    assert rig.poller.seen() == [RunAccepted()]
    assert rig.reports.calls == ["begin", "begin", "read"]


def test_a_run_that_is_refused_ends_the_job(rig: Rig) -> None:
    rig.reports.faults = [TerminalError("left behind")]
    rig.poller._guard(rig.poller.reports)
    with pytest.raises(TerminalError, match="left behind"):
        rig.poller.seen()


def test_reports_are_read_in_a_thread_of_their_own_during_a_slow_listing(rig: Rig) -> None:
    """A listing of 1,000 tables takes minutes."""
    release = threading.Event()

    def slow() -> List[str]:
        release.wait(120)
        return []

    rig.look.names = slow  # type: ignore[method-assign]
    rig.reports.found = [REPORTED]
    rig.poller.start()
    wait_for(lambda: REPORTED in rig.poller.seen())
    release.set()


def test_without_streams_none_is_looked_at() -> None:
    rig = Rig(streams=False)
    rig.watch(SCANNING)
    rig.round(100)
    assert rig.look.calls == ["names"]


def test_any_other_error_is_handed_over(rig: Rig) -> None:
    rig.watch(SCANNING)
    rig.look.fail("shards t", GapError("t", "lost"))
    with pytest.raises(GapError, match="lost"):
        rig.round()


def test_its_thread_looks_until_it_is_closed() -> None:
    rig = Rig(pace=DiscoveryPace(names=0.001))
    rig.poller._clock = time.monotonic
    rig.poller.start()
    wait_for(lambda: rig.count("names") > 1)
    rig.poller.close()
    time.sleep(0.3)
    before = len(rig.look.calls)
    time.sleep(0.3)
    assert len(rig.look.calls) == before


# -- errors of one table -------------------------------------------------------------------------------------


@pytest.fixture
def suspending() -> Iterator[Rig]:
    made = Rig(suspends=True)
    yield made
    made.poller.close()


def faults(seen: List[Seen]) -> List[TableFault]:
    return [each for each in seen if isinstance(each, TableFault)]


UNFIT = TableError("t", FaultKind.STREAM_UNFIT, "its stream's view type is KEYS_ONLY.")
DENIED = ServiceError("AccessDeniedException", "no", 400, "DescribeStream", "t")


def test_a_table_that_cannot_be_prepared_is_told_and_the_others_are_looked_at(suspending: Rig) -> None:
    suspending.watch(NEW, TableState("u", 1))
    suspending.look.fail("prepare t", UNFIT)
    seen = suspending.round()
    assert faults(seen) == [TableFault("t", 1, 0, FaultKind.STREAM_UNFIT, str(UNFIT))]
    assert any(isinstance(each, Prepared) and each.table == "u" for each in seen)


def test_an_error_of_one_table_ends_the_job_where_tables_are_not_suspended(rig: Rig) -> None:
    rig.watch(NEW)
    rig.look.fail("prepare t", UNFIT)
    with pytest.raises(TableError):
        rig.round()


@pytest.mark.parametrize(
    "error",
    [
        TableError("polarshake_origin", FaultKind.TARGET_REFUSES, "refused."),
        ServiceError("UnrecognizedClientException", "wrong key", 400, "DescribeStream"),
        PreflightError("both endpoints are one server"),
    ],
)
def test_an_error_of_the_whole_side_ends_the_job(suspending: Rig, error: Exception) -> None:
    suspending.watch(SCANNING)
    suspending.look.fail("shards t", error)
    with pytest.raises(type(error)):
        suspending.round()


def test_access_that_is_denied_to_one_table_is_told_with_the_hold_of_the_table(suspending: Rig) -> None:
    suspending.watch(msgspec.structs.replace(SCANNING, hold=2))
    suspending.look.fail("shards t", DENIED)
    (fault,) = faults(suspending.round())
    assert (fault.hold, fault.kind) == (2, FaultKind.SOURCE_DENIED)
    assert "AccessDeniedException" in fault.reason


@pytest.mark.parametrize(
    "resting",
    [
        TableState("t", 1, hold=1, suspension=Suspension(FaultKind.GAP, "trimmed", 0.0, 1, True)),
        TableState("t", 2, released=True),
    ],
    ids=["suspended", "released"],
)
def test_a_table_that_is_suspended_or_released_is_not_looked_at(suspending: Rig, resting: TableState) -> None:
    suspending.watch(resting, msgspec.structs.replace(resting, phase=TablePhase.SCANNING))
    suspending.round()
    assert [call for call in suspending.look.calls if call != "names"] == []


def test_a_table_that_was_deleted_at_the_source_is_told(suspending: Rig) -> None:
    suspending.look.arns["t"] = None
    suspending.watch(SCANNING)
    (fault,) = faults(suspending.round())
    assert fault.kind == FaultKind.SOURCE_GONE


@pytest.mark.parametrize(("arn", "kind"), [(None, FaultKind.SOURCE_GONE), ("arn t", FaultKind.GAP)])
def test_a_gap_of_a_table_that_was_deleted_is_told_as_its_deletion(
    suspending: Rig, arn: Optional[str], kind: FaultKind
) -> None:
    suspending.look.arns["t"] = arn
    gap = TableFault("t", 1, 0, FaultKind.GAP, "the stream is gone")
    suspending.reports.found = [Reported({}, [gap])]
    suspending.poller.reports()
    (seen,) = [each for each in suspending.poller.seen() if isinstance(each, Reported)]
    assert [fault.kind for fault in seen.faults] == [kind]


def test_a_gap_waits_until_it_is_known_whether_the_table_was_deleted(suspending: Rig) -> None:
    suspending.look.fail("stream t", TransientError("busy"))
    suspending.reports.found = [Reported({}, [TableFault("t", 1, 0, FaultKind.GAP, "gone")])]
    assert not suspending.poller._guard(suspending.poller.reports)
    assert suspending.poller.seen() == [RunAccepted()]
    suspending.poller.reports()
    assert len(suspending.poller.seen()) == 1


KNOWN = msgspec.structs.replace(SCANNING, target_id="id t")


def test_a_target_table_that_was_dropped_and_created_again_is_told(suspending: Rig) -> None:
    suspending.watch(KNOWN)
    assert faults(suspending.round()) == []
    suspending.look.target_ids["t"] = "another"
    (fault,) = faults(suspending.round(STREAM_CHECK_SECONDS))
    assert fault.kind == FaultKind.TARGET_GONE


def test_a_target_table_counts_as_dropped_when_it_is_missed_a_second_time(suspending: Rig) -> None:
    suspending.watch(KNOWN)
    suspending.look.target_ids["t"] = None
    assert faults(suspending.round()) == []
    (fault,) = faults(suspending.round(STREAM_CHECK_SECONDS))
    assert fault.kind == FaultKind.TARGET_GONE


@pytest.mark.parametrize("known", ["", "id t"])
def test_a_target_without_ids_says_nothing_of_its_tables(suspending: Rig, known: str) -> None:
    suspending.look.target_ids["t"] = ""
    suspending.watch(msgspec.structs.replace(KNOWN, target_id=known))
    assert faults(suspending.round()) == []


def test_a_source_without_tables_ends_a_job_that_has_none_and_no_other(suspending: Rig) -> None:
    suspending.look.fail("names", NoTablesError("none"), NoTablesError("none"))
    with pytest.raises(NoTablesError):
        suspending.round()
    suspending.watch(SCANNING)
    assert ListedNames([]) not in suspending.round(60)
