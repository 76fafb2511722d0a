"""What a page or a style sheet would load from another place than its own folder."""

from __future__ import annotations

import re
from typing import Iterator

PLACE = r"""["']?(?:https?:)?//"""
LOADED = re.compile(
    rf"""<(?:script|img|iframe|source)\b[^>]*\bsrc={PLACE}[^"'\s>]*"""
    rf"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|icon))[^>]*\bhref={PLACE}[^"'\s>]*"""
    rf"""|(?:url\(|@import )\s*{PLACE}[^)"'\s]*"""
)


def foreign(text: str) -> Iterator[str]:
    for match in LOADED.finditer(text):
        yield match.group()
