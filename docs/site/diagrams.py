"""Fenced blocks of the language d2 become pictures: SVG within the page, drawn when the site is built.

Each is drawn twice, in light and in dark colours; the theme shows the one that fits. The first line is a
comment that says what is to be seen, for those who do not see it.
"""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, List

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

PROGRAM = Path(sys.executable).with_name("d2")
SHADES = (("only-light", "0"), ("only-dark", "200"))
"""Classes of the page's theme, and the numbers of D2's own themes."""
OPTIONS = (
    "--layout=elk",
    "--elk-nodeNodeBetweenLayers=36",
    "--elk-edgeNodeBetweenLayers=20",
    "--elk-padding=[top=44,left=24,bottom=24,right=24]",
    "--pad=8",
    "--no-xml-tag",
    "--omit-version",
)
SIZE = re.compile(r'(<svg [^>]*viewBox="0 0 (\d+) \d+")')
SCALES = (0.85, 0.6)
"""D2's text is 16 pixels high, the page's code 13."""


class Diagram(SphinxDirective):
    has_content = True

    def run(self) -> List[nodes.Node]:
        first = self.content[0]
        if not first.startswith("# "):
            raise self.error("the first line of a d2 block is a comment that says what the picture shows")
        label = html.escape(first[2:])
        drawn = "".join(f'<div class="{shade}">{self._draw(theme)}</div>' for shade, theme in SHADES)
        figure = f'<figure class="diagram" role="img" aria-label="{label}">{drawn}</figure>'
        return [nodes.raw("", figure, format="html")]

    def _draw(self, theme: str) -> str:
        text = "\n".join(self.content)
        drawn = subprocess.run(
            [str(PROGRAM), f"--theme={theme}", *OPTIONS, "-", "-"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if drawn.returncode:
            raise self.error(f"D2 does not understand this picture: {drawn.stderr.strip()}")
        return SIZE.sub(sized, drawn.stdout, count=1)


def sized(opening: re.Match[str]) -> str:
    """The picture shrinks with the window as long as it can be read; then it scrolls."""
    largest, smallest = (int(opening[2]) * scale for scale in SCALES)
    return f'{opening[1]} style="width: min(100%, {largest:.0f}px); min-width: {smallest:.0f}px"'


def setup(app: Any) -> Any:
    app.add_directive("d2", Diagram)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
