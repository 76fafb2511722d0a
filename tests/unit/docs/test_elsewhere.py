from __future__ import annotations

import runpy
from pathlib import Path

import pytest

foreign = runpy.run_path(str(Path(__file__).parents[3] / "docs" / "site" / "elsewhere.py"))["foreign"]


@pytest.mark.parametrize(
    "text",
    [
        '<script async src="https://cdn.example/x.js"></script>',
        "<img alt='' src='//example/x.png'>",
        '<link rel="stylesheet" href="http://example/x.css">',
        '<link href="https://example/x.css" rel="stylesheet">',
        "@import url(https://example/font);",
        'src: url("//example/font.woff2")',
    ],
)
def test_a_resource_from_another_server_is_found(text: str) -> None:
    assert list(foreign(text))


@pytest.mark.parametrize(
    "text",
    [
        '<script src="../_static/x.js?v=1"></script>',
        '<a href="https://example/page">a link is not loaded</a>',
        '<link rel="canonical" href="https://example/page">',
        "url(\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'>\")",
        "<p>src=https://example</p>",
    ],
)
def test_local_files_and_links_are_allowed(text: str) -> None:
    assert not list(foreign(text))
