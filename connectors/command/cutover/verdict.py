"""What a step has to say."""

from __future__ import annotations

from typing import NamedTuple


class Verdict(NamedTuple):
    ok: bool
    saw: str
    """The facts, for people."""
    do: str = ""
    """Of a refusal: what to do about it. In a dry run: what the step would have done."""


def passed(saw: str) -> Verdict:
    return Verdict(True, saw)


def would(saw: str, do: str) -> Verdict:
    """Of a dry run."""
    return Verdict(True, saw, do)


def refused(saw: str, do: str) -> Verdict:
    return Verdict(False, saw, do)
