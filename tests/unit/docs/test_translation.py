"""The Chinese pages have the same sections, commands and names as the English pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List

import pytest

ROOT = Path(__file__).parents[3]
CHINESE = ROOT / "docs" / "zh"
ENGLISH: Dict[str, Path] = {
    "README.md": ROOT / "README.md",
    **{
        f"{name}.md": ROOT / "docs" / f"{name}.md"
        for name in ("quickstart", "migrate", "cutover", "troubleshooting")
    },
}
"""The English page of each Chinese page."""
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`[^`\n]+`")
COMMENT = re.compile(r"(?:^|  +)# .*$", re.MULTILINE)
"""In a code block. Comments are translated, commands are not."""


def blocks(text: str) -> List[str]:
    return [COMMENT.sub("", block) for block in FENCE.findall(text)]


def prose(text: str) -> str:
    return FENCE.sub("", text)


def headings(text: str) -> List[int]:
    """The level of each."""
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(text), re.MULTILINE)]


def names(text: str) -> List[str]:
    """Settings, options, metrics, files and messages."""
    return sorted(SPAN.findall(prose(text)))


def lines_that_start_with(start: str, text: str) -> int:
    return len(re.findall(start, prose(text), re.MULTILINE))


@pytest.fixture(params=sorted(ENGLISH))
def page(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def english(page: str) -> str:
    return ENGLISH[page].read_text()


@pytest.fixture
def chinese(page: str) -> str:
    return (CHINESE / page).read_text()


def test_every_chinese_page_is_compared() -> None:
    assert {path.name for path in CHINESE.iterdir()} == set(ENGLISH)


def test_both_have_the_same_headings(english: str, chinese: str) -> None:
    assert len(headings(english)) > 5
    assert headings(chinese) == headings(english)


def test_both_have_the_same_code_blocks(english: str, chinese: str) -> None:
    assert blocks(chinese) == blocks(english)


def test_both_name_the_same_keys_options_and_metrics(english: str, chinese: str) -> None:
    assert len(names(english)) > 5
    assert names(chinese) == names(english)


@pytest.mark.parametrize("start", [r"^\|", r"^\d+\. ", r"^ +\d+\. ", r"^- "])
def test_both_have_as_many_rows_steps_and_points(start: str, english: str, chinese: str) -> None:
    assert lines_that_start_with(start, chinese) == lines_that_start_with(start, english)


def test_most_of_a_chinese_page_is_chinese(chinese: str) -> None:
    words = SPAN.sub("", re.sub(r"\]\([^)]*\)", "]", prose(chinese)))
    assert len(re.findall(r"[\u4e00-\u9fff]", words)) > len(re.findall(r"[A-Za-z]", words)) / 2


def test_a_changed_command_is_seen_and_a_translated_comment_is_not() -> None:
    text = "```\nmake up      # starts\n# all of it\nmake down\n```"
    assert blocks(text) == blocks("```\nmake up      # 启动\n# 全部\nmake down\n```")
    assert blocks(text) != blocks(text.replace("down", "status"))
