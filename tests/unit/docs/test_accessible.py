"""What the site's pages lack for a keyboard or a screen reader is added."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

accessible = runpy.run_path(str(Path(__file__).parents[3] / "docs" / "site" / "accessible.py"))["accessible"]

SCROLLS = [
    '<pre id="x">',
    "<pre>",
    '<div class="table-wrapper docutils">',
    '<figure class="diagram" role="img">',
]


@pytest.mark.parametrize("region", SCROLLS)
def test_a_region_that_scrolls_is_reached_with_the_keyboard(region: str) -> None:
    assert 'tabindex="0"' in accessible(region)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
        ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
        ('<th class="head"><p></p></th>', "<td></td>"),
        ('<div id="search-results">', '<h1>Search</h1><div id="search-results">'),
        ('<th class="head"><p>title</p></th><present>', '<th class="head"><p>title</p></th><present>'),
    ],
)
def test_a_heading_has_a_level_and_a_landmark_a_name(given: str, made: str) -> None:
    assert accessible(given) == made


def test_a_page_that_was_improved_stays_as_it_is() -> None:
    page = "".join(SCROLLS) + '<p class="caption" role="heading"><div id="search-results">'
    assert accessible(accessible(page)) == accessible(page)
