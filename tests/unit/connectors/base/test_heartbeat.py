"""A sign of life."""

import threading
from contextlib import contextmanager

import pytest

import connectors.base.heartbeat as heartbeat_module
from connectors.base.heartbeat import heartbeat, until_next, while_silent


def test_it_beats_while_the_block_runs_and_not_afterwards():
    beats, third = [], threading.Event()

    def beat(seconds):
        beats.append(seconds)
        if len(beats) == 3:
            third.set()

    with heartbeat(beat, 0.01):
        assert third.wait(30)
    count = len(beats)
    assert beats == sorted(beats)
    assert not threading.Event().wait(0.1)
    assert len(beats) == count


def test_a_block_that_is_short_is_silent_and_its_error_is_raised():
    beats = []
    with pytest.raises(ValueError, match="broken"), heartbeat(beats.append, 60.0):
        raise ValueError("broken")
    assert beats == []


def test_the_first_beat_is_early_because_the_program_has_taken_time_to_start():
    assert until_next(0.0, 4.0) == 2.0
    assert until_next(1.5, 4.0) == 0.5


def test_a_beat_that_takes_long_does_not_delay_the_next_one():
    assert until_next(2.0, 4.0) == 4.0
    assert until_next(5.0, 4.0) == 1.0
    assert until_next(13.0, 4.0) == 1.0


def test_a_program_that_shows_nothing_is_helped_and_one_that_does_is_not_interrupted(monkeypatch):
    now, ticks, beats = [0.0], [], []

    @contextmanager
    def ticking(tick, every):
        ticks.append(tick)
        yield

    monkeypatch.setattr(heartbeat_module, "heartbeat", ticking)
    monkeypatch.setattr("connectors.base.heartbeat.time.monotonic", lambda: now[0])
    with while_silent(beats.append, 4.0) as heard:
        for at in range(1, 31):
            now[0] = float(at)
            if 10 <= at <= 20:
                heard()
            ticks[0](now[0])
    assert beats == [4.0, 8.0, 24.0, 28.0]
