"""JSON that is nested more deeply than Python's recursion limit lets msgspec read. Pure.

DynamoDB itself takes 32 levels, other servers any number. What lies below LEVELS is folded into a
placeholder, the rest is read as usual, and the placeholders are unfolded in what was read.
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Pattern

import msgspec

LEVELS = 128
"""Of JSON. An item with DynamoDB's own 32 levels takes 65 and those of the answer around it."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


class Folded(NamedTuple):
    body: bytes
    parts: Dict[bytes, bytes]
    """Placeholder, a JSON string, to what it stands for."""
    placeholder: Pattern[bytes]

    def unfold(self, text: bytes) -> bytes:
        """`text` is a part of `body`."""
        return self.placeholder.sub(lambda found: self.parts[found.group()], text)

    def as_texts(self) -> bytes:
        """The body with each folded part as a string that holds it as it is spelled."""
        return self.placeholder.sub(
            lambda found: msgspec.json.encode(self.parts[found.group()].decode("utf-8", "replace")), self.body
        )


def fold(body: bytes) -> Folded:
    """The contents of folded parts are not checked. A part that does not end stays as it is."""
    mark = _absent_from(body)
    pieces: List[bytes] = []
    parts: Dict[bytes, bytes] = {}
    depth = start = kept = 0
    for token in _TOKEN.finditer(body):
        kind = token.group()[:1]
        if kind in (b"[", b"{"):
            depth += 1
            if depth == LEVELS + 1:
                start = token.start()
        elif kind in (b"]", b"}"):
            if depth == LEVELS + 1:
                placeholder = b'"%b-%d."' % (mark, len(parts))
                parts[placeholder] = body[start : token.end()]
                pieces += [body[kept:start], placeholder]
                kept = token.end()
            depth -= 1
    return Folded(b"".join([*pieces, body[kept:]]), parts, re.compile(b'"%b-[0-9]+[.]"' % mark))


def _absent_from(body: bytes) -> bytes:
    number = 0
    while b"folded%d" % number in body:
        number += 1
    return b"folded%d" % number
