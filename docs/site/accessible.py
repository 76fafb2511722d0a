"""What the theme's pages lack for people who use a keyboard or a screen reader is added after the build.

Regions that scroll can be reached with the keyboard, headings have a level, and landmarks have names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

RULES = [
    (re.compile(r"<pre(?=[\s>])(?![^>]*tabindex)"), '<pre tabindex="0"'),
    (
        re.compile(r'<div class="table-wrapper'),
        '<div tabindex="0" role="group" aria-label="table" class="table-wrapper',
    ),
    (re.compile(r'<figure class="diagram"'), '<figure tabindex="0" class="diagram"'),
    (re.compile(r'(<p class="caption" role="heading")>'), r'\1 aria-level="2">'),
    (re.compile(r'<aside class="sidebar-drawer">'), '<aside class="sidebar-drawer" aria-label="Pages">'),
    (re.compile(r'<aside class="toc-drawer">'), '<aside class="toc-drawer" aria-label="On this page">'),
    (re.compile(r'<th class="head"><p></p></th>'), "<td></td>"),
    (re.compile(r'(?<!</h1>)<div id="search-results">'), '<h1>Search</h1><div id="search-results">'),
]
"""What is found in a page, and what replaces it. Applied twice, they change nothing more."""


def accessible(page: str) -> str:
    for found, replacement in RULES:
        page = found.sub(replacement, page)
    return page


def improve(app: Any, fault: Any) -> None:
    for path in [] if fault else Path(app.outdir).rglob("*.html"):
        path.write_text(accessible(path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app: Any) -> Any:
    app.connect("build-finished", improve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
