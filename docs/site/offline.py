"""A build whose pages would load something from elsewhere fails: the site is also read without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from elsewhere import foreign
from sphinx.errors import SphinxError


def look(app: Any, fault: Any) -> None:
    """Raises SphinxError that names every page and what it would load."""
    pages = [] if fault else [*Path(app.outdir).rglob("*.html"), *Path(app.outdir).rglob("*.css")]
    loads = [f"{page}: {address}" for page in pages for address in foreign(page.read_text())]
    if loads:
        raise SphinxError("would not work offline:\n" + "\n".join(loads))


def setup(app: Any) -> Any:
    app.connect("build-finished", look)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
