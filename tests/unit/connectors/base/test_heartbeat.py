"""A sign of life."""

import threading

import pytest

from connectors.base.heartbeat import heartbeat


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
