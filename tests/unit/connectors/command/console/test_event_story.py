"""What the console tells from stored events."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

import msgspec
import pytest

from connectors.command.console.document import Happening, Urgency
from connectors.command.console.event_story import ToldEvents, told_events
from connectors.command.console.events import EventsView, EventWatch
from connectors.command.console.story import Told, told
from connectors.config import load
from connectors.config.settings import Settings
from connectors.model.events import EventKind, JobEvent
from connectors.notify.stored import StoredEvent
from tests.fakes.cutover import summary
from tests.unit.connectors.command.console.jobs import LIVE, SCANNING, job


class Story:
    def __init__(self) -> None:
        self.memory, self.at = ToldEvents({}, {}), 0.0
        self.number: Dict[str, int] = {}

    def event(self, kind: EventKind, text: str, name: str = "a", **more: Any) -> StoredEvent:
        self.at += 1
        self.number[name] = self.number.get(name, 0) + 1
        return StoredEvent(
            name, self.number[name], JobEvent(self.at, kind, more.pop("job", "forward"), text, **more)
        )

    def phase(self, table: str, phase: str) -> StoredEvent:
        return self.event(EventKind.PHASE, f"{table} {phase}", table=table, outcome=phase)

    def tell(self, *events: StoredEvent) -> List[Happening]:
        return told_events(self.memory, events)

    def texts(self, *events: StoredEvent) -> List[str]:
        return [each.text for each in self.tell(*events)]


@pytest.fixture
def story() -> Story:
    return Story()


def test_an_event_is_told_once_with_its_own_time(story: Story) -> None:
    event = story.event(EventKind.SUSPENDED, "table orders is suspended (orders@1): a gap", table="orders")
    [happened] = story.tell(event)
    assert (happened.at, happened.level, happened.help) == ("1970-01-01T00:00:01Z", Urgency.BAD, "suspended")
    assert happened.text == event.event.text
    assert story.tell(event) == []


def test_phases_of_many_tables_are_one_sentence_and_early_ones_are_not_told(story: Story) -> None:
    found = [story.phase(f"t{n}", phase) for n in range(9) for phase in ("found", "prepared", "live")]
    assert story.texts(*found) == ["9 tables: live"]
    assert story.texts(story.phase("x", "scan paused")) == [
        "x: has paused its scan, for the changes that wait"
    ]


def test_what_a_restart_repeats_is_not_told_again(story: Story) -> None:
    assert story.texts(story.phase("t", "live")) == ["t: live"]
    assert story.texts(story.phase("t", "live")) == []
    held = ("table t is suspended (t@1)", {"table": "t"})
    assert len(story.tell(*(story.event(EventKind.SUSPENDED, held[0], **held[1]) for _ in range(2)))) == 1
    story.tell(story.event(EventKind.RESUMED, "table t is resumed", table="t"))
    assert story.texts(story.phase("t", "live")) == ["t: live"]


def test_commands_and_steps_are_told_each_time_with_what_became_of_them(story: Story) -> None:
    given = [
        story.event(EventKind.COMMAND, "command of li: done", outcome="followed"),
        story.event(EventKind.COMMAND, "command of li: no such table", outcome="refused"),
        story.event(EventKind.STEP, "writes have stopped: not quiet", job="cutover", outcome="refused"),
        story.event(EventKind.STEP, "switch: SWITCH NOW", job="cutover", outcome="done"),
    ]
    told_now = story.tell(*given)
    assert [(each.text, each.level) for each in told_now] == [
        ("command of li: done", Urgency.NONE),
        ("command of li: no such table", Urgency.WARN),
        ("cutover: writes have stopped: not quiet; refused", Urgency.WARN),
        ("cutover: switch: SWITCH NOW", Urgency.OK),
    ]
    assert story.tell(*given) == []


def test_a_table_that_is_handed_over_is_no_problem(story: Story) -> None:
    [happened] = story.tell(story.event(EventKind.HANDED_OVER, "table t is handed over (t@1)", table="t"))
    assert (happened.level, happened.help) == (Urgency.OK, "cutover")


def test_of_a_check_only_what_left_no_report_is_told(story: Story) -> None:
    kinds = [
        story.event(EventKind.CHECK, f"the check has ended: {outcome}", outcome=outcome)
        for outcome in ("equal", "differences", "unknown")
    ]
    assert story.texts(*kinds) == ["the check has ended: unknown"]


def test_events_take_the_place_of_what_is_derived_and_the_rest_is_told_as_before(story: Story) -> None:
    seen, kept = Told(), EventsView(True, [story.phase("orders", "live")])
    first = [each.text for each in told(seen, [job(orders=SCANNING)], None, [], 1000.0, kept)]
    assert first == ["orders: live", "forward job submitted"]
    live = [each.text for each in told(seen, [job(orders=LIVE)], summary(900.0), [], 1002.0, kept)]
    assert live == ["check ended: EQUAL, 1,000 items, 1 min 00 s", "orders: copy complete"]


def settings(place: Path) -> Settings:
    return load(["--set", f"notify.events={place}"], {})


def test_the_watch_creates_no_folder_and_reads_what_appears_later(tmp_path: Path) -> None:
    watch, place = EventWatch(), tmp_path / "events"
    assert watch.look(settings(place)) == EventsView()
    assert not place.exists()
    place.mkdir()
    event = JobEvent(1.0, EventKind.RESUMED, "forward", "table t is resumed", "t")
    (place / "events-a.jsonl").write_bytes(msgspec.json.encode(event) + b"\n")
    view = watch.look(settings(place))
    assert (view.kept, [each.event for each in view.latest]) == (True, [event])
    assert watch.look(settings(place)).latest == view.latest
    assert watch.look(load([], {})) == EventsView()


def test_events_of_other_processes_do_not_take_the_place_of_what_is_derived(tmp_path: Path) -> None:
    event = JobEvent(1.0, EventKind.CHECK, "check", "the check has ended: unknown", "", "unknown")
    (tmp_path / "events-a.jsonl").write_bytes(msgspec.json.encode(event) + b"\n")
    view = EventWatch().look(settings(tmp_path))
    assert (view.kept, len(view.latest)) == (False, 1)


def test_events_that_cannot_be_read_are_a_fact_and_not_a_failure(tmp_path: Path) -> None:
    place = tmp_path / "events"
    place.mkdir()
    (place / "events-a.jsonl").mkdir()
    view = EventWatch().look(settings(place))
    assert "events-a.jsonl cannot be read" in view.problem
