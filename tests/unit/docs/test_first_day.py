"""Commands of the pages that a new user types, in their order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List

import pytest

from connectors.config.arguments import EXAMPLES

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
GUIDES = ["## Use the local stack", "## Migrate your own table", "# Migration guide"]
ON_THE_PATH = r"\. \.venv/bin/activate|\. \.local/env\.sh"
USED = r"^(?:polarshake|flink|python) "
SECRET = (
    r"--(?:dynamodb|polardb|mongodb)\w*(?:ak|sk|password|uri)[ =](?!\.\.\.)\S"
    r"|(?:_SK|_PASSWORD)=(?!\.\.\.|\$)\S"
)


def blocks(text: str) -> List[str]:
    return re.findall(r"^ *```(?:sh)?\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("section", GUIDES)
def test_a_guide_installs_a_command_before_it_uses_it(section: str) -> None:
    files = [ROOT / "docs" / name for name in ("quickstart.md", "migrate.md")]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    typed = "".join(blocks(text[text.index(section) :]))
    installed, used = re.search(ON_THE_PATH, typed), re.search(USED, typed, re.MULTILINE)
    assert installed is not None
    assert used is not None
    assert installed.start() < used.start()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_command_line_contains_a_secret(page: Path) -> None:
    assert re.findall(SECRET, "".join(blocks(page.read_text(encoding="utf-8")))) == []


def test_no_example_in_the_help_of_a_job_contains_a_secret() -> None:
    assert re.findall(SECRET, EXAMPLES) == []
