"""The result of a step."""

from __future__ import annotations

from typing import NamedTuple


class StepVerdict(NamedTuple):
    ok: bool
    saw: str
    """The facts, as text for the user."""
    do: str = ""
    """After a refusal: what to do about it. In a dry run: what the step would have done."""


def passed(saw: str) -> StepVerdict:
    return StepVerdict(True, saw)


def would(saw: str, do: str) -> StepVerdict:
    """The result of a step in a dry run."""
    return StepVerdict(True, saw, do)


def refused(saw: str, do: str) -> StepVerdict:
    return StepVerdict(False, saw, do)
