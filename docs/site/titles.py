"""Links whose text is a file's name, as is usual in the repository, show the page's title on the site."""

from __future__ import annotations

from typing import Any

from docutils import nodes


def show_titles(app: Any, doctree: nodes.document, page: str) -> None:
    for link in doctree.findall(nodes.reference):
        target = target_of(app, page, link)
        if target and link.astext().endswith(".md"):
            link.clear()
            link += nodes.Text(app.env.titles[target].astext())


def target_of(app: Any, page: str, link: nodes.reference) -> str:
    """The page that a link within the site leads to; empty if there is none."""
    path = link.get("refuri", "").partition("#")[0]
    if not path or not link.get("internal"):
        return ""
    names = [name for name in app.env.titles if app.builder.get_relative_uri(page, name) == path]
    return names[0] if names else ""


def setup(app: Any) -> Any:
    app.connect("doctree-resolved", show_titles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
