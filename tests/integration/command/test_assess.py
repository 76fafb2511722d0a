"""`polarshake assess` with the local source: a real server, which lacks some of the calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from click.testing import CliRunner

from connectors.command.app import polarshake
from tests.harness.browser import Browser
from tests.integration.command.conftest import Sets
from tests.integration.forward.tables import Sides
from tests.integration.report.test_browser import CONTRAST

Assess = Callable[..., Dict[str, Any]]


@pytest.fixture
def assess(sets: Sets, environ: Dict[str, Any], tmp_path: Path) -> Assess:
    def run(*arguments: str) -> Dict[str, Any]:
        words = [f"--set={name}={value}" for name, value in sets.items()]
        report = ["--report", str(tmp_path / "assess.html")]
        done = CliRunner().invoke(polarshake, ["assess", "--json", *report, *words, *arguments], env=environ)
        assert done.exit_code in (0, 1), done.output
        found: Dict[str, Any] = json.loads(done.stdout)
        assert done.exit_code == (found["verdict"] == "obstacles")
        return found

    return run


def table_of(sides: Sides, items: List[Dict[str, Any]]) -> str:
    name = sides.make("orders", "pk:S")
    sides.put(name, *items)
    return name


def test_tables_of_a_real_source_are_described_and_sampled(sides: Sides, assess: Assess) -> None:
    name = table_of(sides, [{"pk": {"S": f"key-{at}"}, "text": {"S": "x" * 100}} for at in range(60)])
    found = assess()
    [table] = [each for each in found["tables"] if each["table"] == name]
    assert (table["sampled"], table["sampled_all"], table["refused"]) == (60, True, 0)
    assert 100 < table["item_bytes"]["estimate"] < 130
    assert table["partition_keys"] == {"estimate": 60.0, "low": 60.0, "high": 60.0}
    assert found["verdict"] == "clear"
    # What the server does not answer is said, and ends nothing.
    assert all("permission" in each["text"] or "answer" in each["text"] for each in found["not_known"])


def test_an_item_that_polardb_refuses_is_found_in_a_real_table(sides: Sides, assess: Assess) -> None:
    name = table_of(sides, [{"pk": {"S": "bad"}, "text": {"S": "nul\x00"}}])
    found = assess()
    assert found["obstacles"][0]["tables"] == [name]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_readable_in_a_browser(
    sides: Sides, assess: Assess, browser: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    table_of(sides, [{"pk": {"S": "bad"}, "text": {"S": "nul\x00"}}, {"pk": {"S": "good"}}])
    assess()
    page = tmp_path / "assess.html"
    browser.open(page, width, dark=dark)
    assert browser.evaluate("document.querySelector('h1').innerText").split() == ["!", "OBSTACLES", "FOUND"]
    assert browser.evaluate("document.scrollingElement.scrollWidth") <= width
    assert browser.evaluate(CONTRAST) == []
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
