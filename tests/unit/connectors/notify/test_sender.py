"""Events reach their sinks in order; neither a slow nor a dead sink delays anything else."""

from __future__ import annotations

import logging
import threading
from typing import List, Optional

import msgspec
import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.base.timing import Timing
from connectors.model.events import EventKind, JobEvent
from connectors.notify.sender import ATTEMPTS, LONGEST_PAUSE, MOST_WAITING, EventSender, EventSink, SinkLine
from tests.fakes.clock import FakeClock


def event(number: int = 1) -> JobEvent:
    return JobEvent(float(number), EventKind.PHASE, "forward", f"number {number}", "orders", "live")


class FakeSink(EventSink):
    name = "a sink"

    def __init__(self, *errors: Optional[Exception]) -> None:
        self.errors, self.sent, self.attempts = list(errors), [], 0  # type: ignore[var-annotated]
        self.hold = threading.Event()
        self.hold.set()

    def send(self, event: bytes) -> None:
        self.attempts += 1
        assert self.hold.wait(120)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        self.sent.append(msgspec.json.decode(event, type=JobEvent))


def line_of(sink: FakeSink, slept: Optional[List[float]] = None) -> SinkLine:
    clock = FakeClock()
    return SinkLine(sink, Timing(clock, (slept if slept is not None else []).append))


def test_each_sink_gets_every_event_in_order() -> None:
    sinks = [FakeSink(), FakeSink()]
    sender = EventSender(sinks).start()
    for number in range(20):
        sender(event(number))
    sender.close(20.0)
    for sink in sinks:
        assert sink.sent == [event(number) for number in range(20)]


def test_a_sink_that_hangs_delays_neither_the_caller_nor_the_other_sink() -> None:
    hanging, well = FakeSink(), FakeSink()
    hanging.hold.clear()
    sender = EventSender([hanging, well]).start()

    def tell_all() -> None:
        for number in range(2 * MOST_WAITING):
            sender(event(number))

    caller = threading.Thread(target=tell_all, daemon=True)
    caller.start()
    caller.join(120)
    assert not caller.is_alive()
    well_line = sender._lines[1]
    well_line.close()
    assert well_line.ended.wait(120)
    assert well.sent[0] == event(0)
    hanging.hold.set()
    sender.close(20.0)
    assert hanging.sent[0] == event(0)
    assert len(hanging.sent) <= MOST_WAITING + 1


def test_a_failure_that_may_pass_is_tried_again_with_growing_pauses() -> None:
    sink, slept = FakeSink(*[TransientError("busy")] * 3), []  # type: ignore[var-annotated]
    line = line_of(sink, slept)
    line.put(msgspec.json.encode(event()))
    line.turn()
    assert sink.sent == [event()]
    assert slept == [1.0, 2.0, 4.0]
    assert line.dropped == 0


def test_an_event_that_cannot_be_sent_is_dropped_after_a_bounded_time_and_the_next_is_sent() -> None:
    sink, slept = FakeSink(*[TransientError("down")] * ATTEMPTS), []  # type: ignore[var-annotated]
    line = line_of(sink, slept)
    for number in (1, 2):
        line.put(msgspec.json.encode(event(number)))
        line.turn()
    assert sink.sent == [event(2)]
    assert (line.dropped, sink.attempts) == (1, ATTEMPTS + 1)
    assert max(slept) <= LONGEST_PAUSE
    assert sum(slept) < 300


@pytest.mark.parametrize("error", [TerminalError("refused"), ValueError("https://host/token")])
def test_a_refused_event_is_not_repeated_and_the_log_says_so_without_the_text_of_strange_errors(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    sink = FakeSink(error)
    line = line_of(sink)
    with caplog.at_level(logging.WARNING):
        line.put(b"{}")
        line.turn()
    assert (sink.attempts, line.dropped) == (1, 1)
    assert "an event is lost" in caplog.text
    assert "token" not in caplog.text


def test_the_loop_ends_when_it_is_closed_and_nothing_waits() -> None:
    sink = FakeSink()
    line = line_of(sink)
    line.put(msgspec.json.encode(event()))
    line.close()
    line.run()
    assert sink.sent == [event()]
    assert line.ended.is_set()
