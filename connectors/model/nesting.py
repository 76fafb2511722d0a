"""JSON that is nested too deeply for msgspec, which Python's recursion limit restricts. Pure.

DynamoDB accepts 32 levels, other servers any number. Parts below LEVELS are replaced by placeholders, the
rest is decoded, and the placeholders in the result are replaced by the original text.
"""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Pattern

import msgspec

LEVELS = 128
"""Levels of JSON. An item with DynamoDB's 32 levels has 65, plus those of the answer around it."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


class Folded(NamedTuple):
    body: bytes
    parts: Dict[bytes, bytes]
    """The replaced text of each placeholder, which is a JSON string."""
    placeholder: Pattern[bytes]

    def unfold(self, text: bytes) -> bytes:
        """The original of `text`, which is a part of `body`."""
        return self.placeholder.sub(lambda match: self.parts[match.group()], text)

    def as_texts(self) -> bytes:
        """The body with each folded part as a string of its original text."""
        return self.placeholder.sub(
            lambda match: msgspec.json.encode(self.parts[match.group()].decode("utf-8", "replace")), self.body
        )


def fold(body: bytes) -> Folded:
    """The folded body. The contents of folded parts are not checked. A part that does not end is
    unchanged."""
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
