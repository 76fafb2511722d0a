"""A secret is shown nowhere, in whatever way it is put into a text."""

from __future__ import annotations

import copy
import logging
import pickle
from typing import Callable, List

import pytest

from connectors.base.secret import Secret

VALUE = "hunter2-hunter2"
SECRET = Secret(VALUE)
WAYS: List[Callable[[], str]] = [
    lambda: repr(SECRET),
    lambda: str(SECRET),
    lambda: f"{SECRET}",
    lambda: f"{SECRET!r}{SECRET!s}{SECRET!a}",
    lambda: f"{SECRET:>30}",
    lambda: f"{SECRET:s}",
    lambda: f"{SECRET:.3}",
    lambda: "{0:s} {0}".format(SECRET),  # noqa: UP032
    lambda: "%s %r" % (SECRET, SECRET),  # noqa: UP031
    lambda: format(SECRET, ""),
    lambda: str([SECRET]) + str({"key": SECRET}) + str((SECRET,)),
    lambda: str(ValueError(SECRET)),
]


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_formatting_shows_it(way: Callable[[], str]) -> None:
    """A width or a precision in an f-string calls __format__, and not __str__."""
    assert "hunter2" not in way()
    assert "hun" not in way()
    assert "***" in way()


def test_a_log_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("key %s and %10s", SECRET, SECRET)
    assert "hunter2" not in caplog.text


def test_it_is_the_same_secret_after_its_journey_to_a_worker() -> None:
    assert pickle.loads(pickle.dumps(SECRET)) == copy.copy(SECRET) == SECRET
    assert SECRET.reveal() == VALUE
    assert SECRET != VALUE
    assert bool(Secret("")) is False
