from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import connectors
from connectors.base.text import visible
from connectors.check.report.difference import DifferenceKind
from connectors.check.report.examples import choose
from connectors.check.report.page.render import bar, render
from connectors.check.report.summary import Repair, Scope
from connectors.check.report.values import literal
from tests.fakes.differences import HOSTILE, damaged, difference, equal, summary
from tests.harness.depth import examples


class Page(HTMLParser):
    """The texts and links of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: List[str] = []
        self.attributes: List[Tuple[str, str]] = []
        self.texts: List[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, str(value)) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page_of(*tables: object, differences: List[object] = [], **more: object) -> str:  # noqa: B006
    return render(summary(*tables, **more), choose(differences))  # type: ignore[arg-type]


def test_the_page_has_no_scripts_and_no_links() -> None:
    html = page_of(
        damaged(missing=1), differences=[difference(DifferenceKind.MISSING, item={"a": {"S": "http://x"}})]
    )
    page = Page(html)
    assert "script" not in page.tags
    links: Dict[str, str] = {name: value for name, value in page.attributes if name in ("src", "href")}
    assert all(value.startswith(("#", "data:")) for value in links.values())
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_text_is_shown_and_adds_no_tag(hostile: str) -> None:
    def made(text: str) -> Page:
        results = [
            damaged(text, missing=1, different=1),
            equal("\U0010ffff", schema_differences=[text], problem=text),
        ]
        differences = [
            difference(DifferenceKind.MISSING, text, {text: {"S": text}}, item={text: {"S": text}}),
            difference(DifferenceKind.DIFFERENT, text, attributes={text: ({"S": text}, {"S": text + "x"})}),
        ]
        return Page(page_of(*results, differences=differences, left_out=[text]))

    page, harmless = made(hostile), made("harmless")
    assert page.tags == harmless.tags
    assert [name for name, _ in page.attributes] == [name for name, _ in harmless.attributes]
    assert " ".join(literal(hostile).split()) in page.text


@settings(max_examples=examples(25))
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_key_is_shown_in_a_notation_that_has_nothing_invisible(text: str) -> None:
    html = page_of(damaged(extra=1), differences=[difference(DifferenceKind.EXTRA, key={"k": {"S": text}})])
    assert all(each.isprintable() for line in html.splitlines() for each in line)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (page_of(equal()), "EQUAL"),
        (page_of(damaged(extra=1)), "DIFFERENT"),
        (page_of(equal(problem="gone")), "NOT CHECKED"),
        (page_of(equal(), scope=Scope.SAMPLE), "EQUAL IN THE SAMPLE"),
    ],
)
def test_the_verdict_is_the_heading_of_the_page(html: str, said: str) -> None:
    heading = re.search(r"<h1>(.*?)</h1>", html, re.S)
    assert heading is not None
    assert Page(heading.group(1)).text.endswith(f" {said}")


def test_a_bar_has_a_text_too() -> None:
    html = page_of(damaged(missing=3, different=12_345))
    assert 'aria-label="1,000 equal, 3 missing, 12,345 different"' in html


def test_the_parts_of_a_bar_are_its_shares() -> None:
    parts = {part.kind: part.grow for part in bar(damaged(missing=1000, extra=2000))}
    assert parts == {"equal": 0.25, "missing": 0.25, "extra": 0.5}


def test_what_was_not_checked_does_not_look_equal() -> None:
    html = page_of(equal("a"), equal("b", problem="gone"))
    assert html.count('aria-label="1,000 equal"') == 1
    assert html.count('aria-label="1,000 equal, not all checked"') == 1
    assert html.count('aria-label="2,000 equal, not all checked"') == 1


def test_a_kind_of_which_all_are_repaired_has_none_left() -> None:
    many = [difference(DifferenceKind.EXTRA, key={"id": {"N": str(n)}}, repaired=True) for n in range(30)]
    text = Page(page_of(equal(repaired=30), differences=many)).text
    assert "Extra at PolarDB: none left id = 0 repaired" in text


def test_the_page_says_how_many_differences_are_not_shown() -> None:
    many = [difference(DifferenceKind.EXTRA, key={"id": {"N": str(n)}}) for n in range(30)]
    text = Page(page_of(damaged(extra=30), differences=many)).text
    assert "Extra at PolarDB: 30 items The first 20 are shown." in text
    assert "id = 19" in text
    assert "id = 20" not in text


def test_both_values_are_shown_next_to_each_other_with_the_difference_marked() -> None:
    given = difference(DifferenceKind.DIFFERENT, attributes={"n": ({"N": "1.001"}, {"N": "1.002"})})
    html = page_of(damaged(different=1), differences=[given])
    assert "1.00<mark>1</mark></bdi>" in html
    assert "1.00<mark>2</mark></bdi>" in html


def test_repaired_differences_of_an_equal_table_are_still_shown() -> None:
    given = [difference(DifferenceKind.MISSING, item={"a": {"N": "1"}}, repaired=True)]
    text = Page(page_of(equal(repaired=1), differences=given, repair=Repair(done=True, write=1))).text
    assert "EQUAL" in text
    assert "repaired" in text
    assert "wrote 1 item" in text


def test_the_reason_why_a_table_was_not_checked_is_shown_before_the_tables() -> None:
    text = Page(page_of(equal("orders", problem="access denied"))).text
    assert text.index("table orders: access denied") < text.index("In source")


def test_the_page_renders_from_a_zip_file_as_the_jobs_are_shipped(tmp_path: Path) -> None:
    root = Path(connectors.__file__).parent
    archive = tmp_path / "job.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in root.rglob("*"):
            if path.suffix in (".py", ".html", ".css"):
                packed.write(path, Path("connectors") / path.relative_to(root))
    program = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "import connectors.check.report.page.render as page\n"
        "assert '.zip' in page.__file__, page.__file__\n"
        "print(len(page.packaged('report.html')), len(page.packaged('report.css')))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(int(size) > 1000 for size in ran.stdout.split())


def test_visible_and_literal_agree_on_plain_text() -> None:
    assert visible("orders") == literal("orders") == "orders"
