"""axe-core, which finds faults of accessibility in a page."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.harness.browser import Browser

PACKAGE = "axe_playwright_python"
"""A package that contains axe.min.js. Its Python code, which needs Playwright, is not imported."""


def violations(browser: Browser) -> List[Dict[str, Any]]:
    """Of the page that the browser shows. Skips the test if axe-core is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{PACKAGE} is not installed")
    browser.evaluate(Path(spec.submodule_search_locations[0], "axe.min.js").read_text() + ";true")
    browser.evaluate(
        "window.found = null; axe.run().then(r => window.found = JSON.stringify(r.violations)); 1"
    )
    found: List[Dict[str, Any]] = json.loads(browser.wait_for("window.found", 120))
    return found
