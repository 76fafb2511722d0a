"""The display in 80 columns."""

import io

import pytest
from rich.console import Console

from local.demo import plain, view
from tests.unit.local.demo.scenes import SCANNED, job, scene


def drawn(shown):
    written = io.StringIO()
    console = Console(file=written, width=80, force_terminal=True, color_system=None)
    console.print(view.migration(shown))
    return written.getvalue()


def row(text, name):
    return next(line for line in text.splitlines() if name in line)


def test_a_table_that_is_scanned_shows_its_share_speed_time_left_and_lag():
    line = row(drawn(scene(job())), "orders")
    for part in ("scanning", "14,300  43%", "1,430", "13 s", "8 s"):
        assert part in line


def test_a_table_in_preparation_shows_no_numbers():
    line = row(drawn(scene(job())), "readings")
    assert "preparing" in line
    assert "%" not in line


def test_dead_letters_are_in_the_line_of_their_table():
    assert row(drawn(scene(job())), "sessions").split()[-1] == "3"


def test_no_line_is_wider_than_80_columns():
    wide = {**SCANNED, "segmentsDone": 1, "expectedItems": 9_999_999, "scannedItems": 4_999_999}
    tables = {"a_rather_long_table_name": {**wide, "lagSeconds": 86_400, "deadLetters": 12_345}}
    assert max(map(len, drawn(scene(job(tables))).splitlines())) <= 80


def test_job_checkpoints_writes_and_the_address_are_shown():
    text = drawn(scene(job(restarts=2)))
    for part in ("running for 1 min 05 s, 2 restarts", "12, the last took 0.3 s and holds 20 KB"):
        assert part in text
    for part in ("1,500 writes", "150 per second", "http://127.0.0.1:18081"):
        assert part in text


def test_before_flink_has_answered_the_writes_and_the_address_are_shown():
    text = drawn(scene())
    assert "1,500 writes" in text
    assert "http://127.0.0.1:18081" in text


@pytest.mark.parametrize("show", [drawn, lambda shown: "\n".join(plain.lines(shown))])
def test_a_stopped_application_is_shown_as_stopped(show):
    assert "the application has stopped after 1,500 writes" in show(scene(job(), writing=False))


def test_output_without_a_terminal_has_the_same_contents():
    text = "\n".join(plain.lines(scene(job(checkpoint=None))))
    assert "orders: scanning, 43%, 14,300 items, 1,430 items/s, 13 s left, lag 8 s" in text
    assert "readings: preparing" in text
    assert "sessions: live, 33,290 items copied, lag 2 s, 3 dead letters" in text
    assert "checkpoints: none yet" in text


@pytest.mark.parametrize("show", [drawn, lambda shown: "\n".join(plain.lines(shown))])
@pytest.mark.parametrize("progress", [None, job({})])
def test_while_no_table_is_known_the_text_says_what_the_demo_waits_for(show, progress):
    assert "Python workers are starting" in show(scene(progress))
