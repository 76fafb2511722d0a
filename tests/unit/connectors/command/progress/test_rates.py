"""Speed and remaining time, from one poll to the next."""

import pytest

from connectors.command.progress.metrics import JobMetrics
from connectors.command.progress.rates import WINDOW, ProgressRates
from connectors.command.progress.read import progress

JOB = {"jid": "1", "name": "forward", "state": "RUNNING", "duration": 1000}


def job(scanned, expected=1000, done=0):
    numbers = {"phase": 3, "generation": 1, "segments": 2, "segmentsDone": done}
    numbers.update(scannedItems=scanned, expectedItems=expected)
    return progress(JOB, {}, [], JobMetrics({"t": numbers}, {}))


def after(*polls):
    rates = ProgressRates()
    for now, scanned in polls:
        rates.take(job(scanned), now)
    return rates


def test_a_single_poll_gives_no_speed_and_no_remaining_time():
    rates = after((0.0, 500))
    assert rates.items_per_second("t") == 0.0
    assert rates.seconds_left(job(500).tables["t"]) is None


def test_two_polls_give_speed_and_remaining_time():
    rates = after((0.0, 0), (2.0, 200))
    assert rates.items_per_second("t") == 100.0
    assert rates.seconds_left(job(200).tables["t"]) == 8.0


def test_old_polls_are_discarded():
    rates = after((0.0, 0), (1.0, 900), (1.0 + WINDOW, 900), (2.0 + WINDOW, 910))
    assert rates.items_per_second("t") == pytest.approx(10 / (1.0 + WINDOW))


def test_going_back_to_a_checkpoint_does_not_give_a_negative_speed():
    rates = after((0.0, 0), (2.0, 200), (4.0, 150), (5.0, 250))
    assert rates.items_per_second("t") == 100.0


def test_a_scan_that_is_done_or_past_its_estimate_has_no_time_left():
    rates = after((0.0, 0), (2.0, 200))
    assert rates.seconds_left(job(200, done=2).tables["t"]) is None
    assert rates.seconds_left(job(200, expected=200).tables["t"]) is None


def test_a_table_never_seen_has_no_speed():
    assert ProgressRates().items_per_second("nobody") == 0.0
