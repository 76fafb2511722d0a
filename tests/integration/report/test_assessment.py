"""assess.html in a real browser. Its frame and its style sheet are those of report.html."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.command.assess.page.render import render
from tests.fakes.account import FakeAccount
from tests.fakes.differences import HOSTILE
from tests.harness.assessment import assessed, shop
from tests.harness.axe import violations
from tests.harness.browser import Browser

DESKTOP, PHONE = 1280, 390


def written(folder: Path, account: FakeAccount) -> Path:
    page = folder / "assess.html"
    page.write_text(render(assessed(account)), encoding="utf-8")
    return page


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return written(tmp_path, shop())


@pytest.fixture
def hostile_page(tmp_path: Path) -> Path:
    account = shop()
    account.answers["ListTagsOfResource"] = {"Tags": [{"Key": text[:300]} for text in (*HOSTILE, "W" * 300)]}
    return written(tmp_path, account)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_axe_finds_nothing(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    assert violations(browser) == []


@pytest.mark.parametrize("width", [DESKTOP, 900, PHONE, 320])
def test_nothing_is_wider_than_the_window(browser: Browser, hostile_page: Path, width: int) -> None:
    browser.open(hostile_page, width)
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate("document.scrollingElement.scrollWidth") <= width


def test_the_page_loads_nothing_and_says_nothing(browser: Browser, hostile_page: Path) -> None:
    browser.open(hostile_page, DESKTOP)
    assert [url for url in browser.requests() if not url.startswith("data:")] == [hostile_page.as_uri()]
    assert browser.complaints() == []
    assert browser.evaluate("document.querySelectorAll('script, img, svg, iframe, object').length") == 0


def test_the_verdict_and_what_to_solve_first_are_what_one_sees_first(browser: Browser, page: Path) -> None:
    browser.open(page, DESKTOP, height=700)
    assert browser.evaluate("document.querySelector('h1').innerText").split() == ["!", "OBSTACLES", "FOUND"]
    place = "document.querySelector('#obstacles').getBoundingClientRect()"
    assert 0 < browser.evaluate(f"{place}.top") < 700
