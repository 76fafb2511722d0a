"""The documentation as a site, built as `make docs` builds it, in a real browser that opens it from disk."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local.stack.home import PROJECT
from tests.harness.axe import violations
from tests.harness.browser import Browser

BUILDER = PROJECT / ".venv-docs" / "bin" / "sphinx-build"
PAGES = [("docs/index", 1280, False), ("docs/console", 390, True), ("search", 390, False)]
"""Page, width, and whether the colours are dark. axe takes long on a long page."""

pytestmark = [
    pytest.mark.skipif(not BUILDER.exists(), reason="`make docs` installs what builds the documentation"),
    pytest.mark.xdist_group("site"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fails with the builder's warnings: a dead link, or a page without a place in docs/index.md, is one."""
    folder = tmp_path_factory.mktemp("docs")
    options = ["-q", "-W", "--keep-going", "-E", "-c", "docs/site", "-d", str(folder / "doctrees")]
    done = subprocess.run(
        [str(BUILDER), *options, ".", str(folder / "site")], cwd=PROJECT, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def test_the_documentation_builds_without_a_warning(site: Path) -> None:
    assert (site / "docs" / "index.html").exists()


@pytest.mark.parametrize(("page", "width", "dark"), PAGES)
def test_axe_finds_nothing(browser: Browser, site: Path, page: str, width: int, dark: bool) -> None:
    browser.open(site / f"{page}.html", width, dark=dark)
    assert violations(browser) == []


def test_the_search_works_from_disk_and_says_nothing(browser: Browser, site: Path) -> None:
    browser.open(f"{(site / 'search.html').as_uri()}?q=suspended", 1280)
    browser.wait_for("document.querySelectorAll('#search-results li a').length > 5")
    browser.wait_for("document.body.innerText.includes('Search finished')")
    assert browser.complaints() == []
