"""The Chinese migration guide says what the English one says: the same sections, and the same commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List

import pytest

DOCS = Path(__file__).parents[3] / "docs"
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`[^`\n]+`")


def blocks(text: str) -> List[str]:
    return FENCE.findall(text)


def prose(text: str) -> str:
    return FENCE.sub("", text)


def headings(text: str) -> List[int]:
    """The level of each."""
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(text), re.MULTILINE)]


@pytest.fixture
def english() -> str:
    return (DOCS / "migrate.md").read_text()


@pytest.fixture
def chinese() -> str:
    return (DOCS / "zh" / "migrate.md").read_text()


def test_both_have_the_same_headings(english: str, chinese: str) -> None:
    assert len(headings(english)) > 8
    assert headings(chinese) == headings(english)


def test_both_have_the_same_code_blocks(english: str, chinese: str) -> None:
    assert len(blocks(english)) > 8
    assert blocks(chinese) == blocks(english)


def test_both_name_the_same_keys_options_and_metrics(english: str, chinese: str) -> None:
    assert sorted(SPAN.findall(prose(chinese))) == sorted(SPAN.findall(prose(english)))


def test_both_have_as_many_rows_and_numbered_steps(english: str, chinese: str) -> None:
    for start in (r"^\|", r"^\d+\. "):
        found = [len(re.findall(start, prose(text), re.MULTILINE)) for text in (english, chinese)]
        assert found[0] == found[1] > 0
