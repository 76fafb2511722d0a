"""Numbers as people read them."""

import pytest

from connectors.base.text import duration, plural, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0, "0 s"), (59.4, "59 s"), (59.6, "1:00 min"), (3599, "59:59 min"), (3661, "1:01:01 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(812, "812 B"), (20_480, "20 KB"), (1_540_000, "1.5 MB")])
def test_sizes(count, text):
    assert size(count) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 restarts"), (1, "1 restart"), (1000, "1,000 restarts")])
def test_plurals(count, text):
    assert plural(count, "restart") == text
