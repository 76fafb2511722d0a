"""The version is in one place, and the changelog knows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import List

import pytest

ROOT = Path(__file__).parents[3]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
"""Those of Keep a Changelog."""


def version() -> str:
    found = re.search(r'^version = "([^"]+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found
    return found[1]


def released() -> List[str]:
    """The versions in the changelog, in its order."""
    return re.findall(r"^## \[(\d+\.\d+\.\d+)\]", CHANGELOG, re.MULTILINE)


def test_the_newest_entry_of_the_changelog_is_the_version_of_the_package() -> None:
    assert released()[0] == version()


def test_the_changelog_is_ordered_and_names_each_version_once() -> None:
    numbers = [tuple(map(int, each.split("."))) for each in released()]
    assert numbers == sorted(set(numbers), reverse=True)


def test_the_changelog_has_only_the_sections_of_its_format() -> None:
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= SECTIONS
    headings = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert headings
    entry = r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - (\d{4}-\d\d-\d\d|not released yet)"
    assert all(re.fullmatch(entry, heading) for heading in headings), headings


@pytest.mark.parametrize("folder", ["connectors", "jobs"])
def test_no_module_states_a_version_of_its_own(folder: str) -> None:
    assert [p for p in (ROOT / folder).rglob("*.py") if re.search(r"^__version__", p.read_text(), re.M)] == []
