"""How `make docs` builds the site. Sphinx has the repository's root as its source, so that links between
docs/, deploy/ and the files they name lead to the same on the site and in the repository."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Dict

sys.path.insert(0, str(Path(__file__).parent))

project = "polarshake"
copyright = "the polarshake contributors, Apache-2.0"
root_doc = "docs/index"
include_patterns = ["docs/**.md", "deploy/*.md", "local/standin/README.md", "examples/**.md"]
include_patterns += ["CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]
exclude_patterns = [".*", "build", "dist", "tests", "bench", "connectors", "jobs", "docs/site"]

extensions = ["myst_parser", "sphinx_copybutton", "diagrams", "titles", "accessible", "offline"]
myst_heading_anchors = 4
myst_fence_as_directive = ["d2"]
highlight_language = "none"
smartquotes = False  # would make a dash of the two hyphens of an option

html_theme = "furo"
html_title = "polarshake"
html_static_path = ["static"]
html_css_files = ["polarshake.css"]
html_js_files = ["from-disk.js"]
html_extra_path = ["root"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"

CHINESE = "docs/zh/"


def speak(app: Any, page: str, template: str, context: Dict[str, Any], doctree: Any) -> None:
    """A page's own language, for screen readers, hyphenation and the choice of fonts."""
    context["language"] = "zh-CN" if page.startswith(CHINESE) else "en"


def setup(app: Any) -> None:
    app.connect("html-page-context", speak)
