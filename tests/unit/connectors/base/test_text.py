"""Numbers as people read them."""

import pytest

from connectors.base.text import (
    duration,
    fitted_count,
    followed_by,
    plural,
    short_count,
    short_duration,
    shortened,
    size,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((None, ""), (0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3599, "59 min 59 s")),
        *((3661, "1 h 01 min"), (86_400, "1 d 00 h"), (200_000, "2 d 07 h")),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (812, "812 B"),
        (20_480, "20 KB"),
        (1_540_000, "1.5 MB"),
        (9_800_000_000, "9.8 GB"),
        (2_340_000_000_000, "2.3 TB"),
    ],
)
def test_sizes(count, text):
    assert size(count) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 restarts"), (1, "1 restart"), (1000, "1,000 restarts")])
def test_plurals(count, text):
    assert plural(count, "restart") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (62, "62 s"), (3725, "62 min"), (28_900, "8 h"), (86_400, "1 d"), (10_000_000, "116 d")],
)
def test_a_short_duration_has_one_unit(seconds, text):
    assert short_duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        *((0, "0"), (999, "999"), (1000, "1.0k"), (12_345, "12k"), (999_499, "999k"), (999_600, "1.0 M")),
        *((3_400_000, "3.4 M"), (9_765_925_000, "9.8 bn"), (804_112_331_000, "804 bn"), (2e15, "2000 tn")),
    ],
)
def test_a_large_count_is_short(count, text):
    assert short_count(count) == text


def test_a_count_keeps_its_digits_while_they_fit():
    assert [fitted_count(count, 6) for count in (14_300, 999_999, 9_765_925_000)] == [
        *("14,300", "1.0 M", "9.8 bn"),
    ]


@pytest.mark.parametrize("width", [5, 8, 9, 24, 25])
def test_a_shortened_name_keeps_its_beginning_and_its_end(width):
    name = "prod-orders-eu-central-1"
    short = shortened(name, width)
    assert len(short) == min(width, len(name))
    assert (short[:2], short[-2:]) == ("pr", "-1")


@pytest.mark.parametrize(
    ("text", "more", "both"),
    [
        ("Not found", "Create it.", "Not found. Create it."),
        ("Not found.", "Create it.", "Not found. Create it."),
        ("", "Create it.", "Create it."),
        ("Not found", "", "Not found"),
    ],
)
def test_advice_begins_a_sentence_of_its_own_after_a_servers_message(text: str, more: str, both: str) -> None:
    assert followed_by(text, more) == both
