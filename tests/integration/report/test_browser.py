"""report.html in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from connectors.check.report.difference import Difference, DifferenceKind
from connectors.check.report.files import FileReport
from connectors.check.report.summary import Summary
from tests.fakes.differences import HOSTILE, damaged, difference, equal, summary
from tests.harness.axe import violations
from tests.harness.browser import Browser

DESKTOP, PHONE = 1280, 390


def written(folder: Path, made: Summary, differences: List[Difference]) -> Path:
    report = FileReport(str(folder))
    report.rewrite(differences)
    report.publish(made)
    return folder / "report.html"


@pytest.fixture
def equal_page(tmp_path: Path) -> Path:
    return written(tmp_path, summary(equal("orders", 10_482_113), equal("customers")), [])


@pytest.fixture
def hostile_page(tmp_path: Path) -> Path:
    """Three tables with differences of each kind and long words. One has a name that could break the page."""
    long = "W" * 5000
    names = ["orders", "l" * 255, HOSTILE[0]]
    differences = []
    for table in names:
        for text in [*HOSTILE, long]:
            key, item = {text[:1000]: {"S": text}}, {text: {"S": text}, "n": {"N": "9" * 38}}
            other = {"M": {text: {"S": text}}}
            differences += [
                difference(DifferenceKind.MISSING, table, key, item),
                difference(DifferenceKind.EXTRA, table, key, item),
                difference(
                    DifferenceKind.DIFFERENT,
                    table,
                    key,
                    attributes={text: ({"S": text}, other)},
                    changing=True,
                ),
            ]
    results = [damaged(name, 10**10, 10**10, 10**10) for name in names]
    results.append(equal("audit", schema_differences=HOSTILE, problem=" ".join(HOSTILE)))
    return written(tmp_path, summary(*results, left_out=[long]), differences)


def assert_quiet(browser: Browser, page: Path) -> None:
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
    assert browser.complaints() == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_verdict_is_what_one_sees_first(browser: Browser, equal_page: Path, width: int) -> None:
    browser.open(equal_page, width, height=700)
    box = browser.evaluate(
        "(box => ({top: box.top, bottom: box.bottom, height: box.height}))"
        "(document.querySelector('h1').getBoundingClientRect())"
    )
    assert box["top"] >= 0
    assert box["bottom"] < 350
    assert box["height"] >= 36
    assert browser.evaluate("document.querySelector('h1').innerText").split() == ["=", "EQUAL"]
    assert "you can cut over to PolarDB" in browser.evaluate("document.querySelector('.meaning').innerText")
    assert_quiet(browser, equal_page)


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_count_is_visible(browser: Browser, equal_page: Path, width: int) -> None:
    browser.open(equal_page, width)
    shown = browser.evaluate(
        "[...document.querySelectorAll('.tables td.number')]"
        ".filter(cell => cell.checkVisibility() && cell.getBoundingClientRect().width > 0)"
        ".map(cell => cell.innerText.trim())"
    )
    assert shown.count("10,482,113") == 4  # in source, in target, equal, compared
    assert shown.count("1,000") == 4


@pytest.mark.parametrize("width", [DESKTOP, 900, PHONE, 320])
def test_nothing_is_wider_than_the_window(browser: Browser, hostile_page: Path, width: int) -> None:
    browser.open(hostile_page, width)
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate("document.scrollingElement.scrollWidth") <= width
    wide = browser.evaluate(
        "[...document.querySelectorAll('body *')].filter(one => !one.closest('.unseen, thead, .scroll')"
        " && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 200))"
    )
    assert wide == []


@pytest.mark.parametrize("width", [DESKTOP, 900, PHONE])
def test_tables_of_usual_size_need_no_scrolling_to_the_side(
    browser: Browser, equal_page: Path, width: int
) -> None:
    browser.open(equal_page, width)
    assert browser.evaluate(
        "[...document.querySelectorAll('.scroll')].map(one => one.scrollWidth <= one.clientWidth)"
    ) == [True, True]


def test_hostile_texts_are_shown_and_not_run(browser: Browser, hostile_page: Path) -> None:
    browser.open(hostile_page, DESKTOP)
    assert browser.evaluate("document.title") == "DIFFERENT: Amazon DynamoDB and PolarDB"
    assert browser.evaluate("document.querySelectorAll('script, img, svg, iframe, object').length") == 0
    text = browser.evaluate("document.body.innerText")
    for shown in [
        "</script><script>document.title='broken'</script>",
        r"<img src=x onerror=\"document.title='broken'\">",
        r"nul\u0000 bell\u0007 line\nfeed",
        r"\u202egnp.exe\u202c",
        "{{ 7*7 }}{% raw %}",
        "--> <!-- ]]> &amp; &lt;",
    ]:
        assert shown in text
    assert_quiet(browser, hostile_page)


def test_a_script_would_have_been_noticed(browser: Browser, tmp_path: Path) -> None:
    """The tests above examine the title, the requests and the console. Here all three show a script."""
    page = tmp_path / "broken.html"
    page.write_text("<title>x</title><img src=y><script>document.title='broken';console.log(1)</script>")
    browser.open(page, DESKTOP)
    assert browser.evaluate("document.title") == "broken"
    assert len(browser.requests()) >= 2
    assert browser.complaints()


def test_the_pages_own_policy_stops_a_script(browser: Browser, equal_page: Path) -> None:
    """The page's own policy protects the reader if escaping fails."""
    script = "<script>document.title='broken'</script><img src='http://127.0.0.1:9/x'></main>"
    page = equal_page.with_name("injected.html")
    page.write_text(equal_page.read_text(encoding="utf-8").replace("</main>", script), encoding="utf-8")
    browser.open(page, DESKTOP)
    assert browser.evaluate("document.title").startswith("EQUAL")
    assert browser.complaints()


CONTRAST = """(() => {
  const linear = c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const numbers = text => text.match(/[0-9.]+/g).map(Number);
  const light = rgb => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => sum + w * linear(rgb[i] / 255), 0);
  const paper = one => {
    for (; one; one = one.parentElement) {
      const found = numbers(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll('body *')) {
    if (![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const both = [light(numbers(getComputedStyle(one).color)), light(paper(one))].sort((a, b) => b - a);
    const ratio = (both[0] + 0.05) / (both[1] + 0.05);
    if (ratio < 4.5) poor.push([one.outerHTML.slice(0, 100), ratio]);
  }
  return poor;
})()"""


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_the_contrast_that_wcag_asks_for(
    browser: Browser, hostile_page: Path, dark: bool
) -> None:
    browser.open(hostile_page, DESKTOP, dark=dark)
    background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) < 200) == dark
    assert browser.evaluate(CONTRAST) == []


def test_every_cell_of_a_table_has_its_header(browser: Browser, hostile_page: Path) -> None:
    browser.open(hostile_page, PHONE)
    assert browser.evaluate(
        "[...document.querySelectorAll('table')].every(table =>"
        " table.querySelectorAll('thead th[scope=col]').length === table.rows[0].cells.length"
        " && [...table.tBodies[0].rows].every(row => row.cells.length === table.rows[0].cells.length"
        "   && row.cells[0].matches('th[scope=row]')))"
    )
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    assert browser.evaluate("document.documentElement.lang") == "en"


def test_the_examples_of_a_table_are_reached_from_its_counts(browser: Browser, hostile_page: Path) -> None:
    browser.open(hostile_page, DESKTOP)
    assert (
        browser.evaluate(
            "[...document.querySelectorAll('a')].map(a => document.querySelector(a.hash).innerText"
            ".startsWith(a.innerText))"
        )
        == [True] * 4
    )


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_what_to_do_now_comes_before_the_tables_and_a_command_is_one_line(
    browser: Browser, hostile_page: Path, width: int
) -> None:
    browser.open(hostile_page, width)
    heading = browser.evaluate("document.querySelectorAll('main h2')[0].innerText")
    assert heading == "What to do now"
    commands = "[...document.querySelectorAll('pre.command')]"
    texts = browser.evaluate(f"{commands}.map(one => one.innerText)")
    assert any("--repair" in text for text in texts)
    assert all("\n" not in text.strip() for text in texts)
    # A long one scrolls, also with the keyboard.
    assert browser.evaluate(f"{commands}.every(one => one.tabIndex === 0 && one.offsetWidth <= innerWidth)")


def test_on_paper_nothing_is_cut_off(browser: Browser, equal_page: Path) -> None:
    browser.open(equal_page, 660, media="print")  # A4 less its margins
    assert browser.evaluate("document.scrollingElement.scrollWidth") <= 660
    heights = "[...document.querySelectorAll('.tables tr')].map(row => row.getBoundingClientRect().height)"
    assert max(browser.evaluate(heights)) < 60  # no name in a column one letter wide


def test_on_paper_the_bars_keep_their_colours(browser: Browser, hostile_page: Path) -> None:
    browser.open(hostile_page, DESKTOP, media="print")
    exact = "getComputedStyle(document.querySelector('.bar .part')).printColorAdjust"
    assert browser.evaluate(exact) == "exact"
    assert len(browser.call("Page.printToPDF", printBackground=False)["data"]) > 10_000


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_axe_finds_nothing(browser: Browser, hostile_page: Path, width: int, dark: bool) -> None:
    browser.open(hostile_page, width, dark=dark)
    assert violations(browser) == []
