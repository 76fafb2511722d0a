"""The canonical form of an item: two items are equal if and only if their forms are equal. Pure.

1. Numbers are compared by value, to the last digit.
2. Sets are compared without order, binaries by their bytes.
3. The order of attributes, white space and the escapes of strings do not matter.
4. Everything else matters, in particular types.
5. A malformed attribute value is kept unchanged and equals only itself.

The item is decoded without conversion. Values with more than one spelling are replaced in place. The result
is written as JSON: keys sorted, no white space, each string with its shortest escapes.

An item of the benchmarks (1 KB, 13 attributes) and its key take 15 microseconds, and more than 50 with `json`
and a Decimal for every number. `model.item_digests` is faster for many items of one table. SHA-1 or SHA-256
instead of blake2b would save 0.4, only if the processor has instructions for them.
"""

from __future__ import annotations

from binascii import a2b_base64
from hashlib import blake2b
from typing import Any, Callable, Dict, Iterable, List, Tuple

import msgspec

from connectors.base.errors import TerminalError
from connectors.model import nesting
from connectors.model.spelling import binary, number

DIGEST_SIZE = 8
"""Bytes. Two different values of a key have the same digest with a probability of 1 in 10**19."""

Item = Dict[str, Any]
_decode_item = msgspec.json.Decoder(Dict[str, Any]).decode
_decode_value = msgspec.json.Decoder().decode
_hash = blake2b(digest_size=DIGEST_SIZE).copy
_encode = msgspec.json.Encoder(order="deterministic").encode


def value_digest(body: bytes) -> bytes:
    """A digest of 8 bytes of an item's contents, the same in every process and Python version.

    `body` is the whole item as DynamoDB JSON. Raises TerminalError if it is not.
    """
    return item_digest(decoded(body))


def item_digest(item: Item) -> bytes:
    """The digest of an item returned by `decoded`. Modifies the item in place. Raises TerminalError."""
    return form_digest(_form(item))


def form_digest(form: bytes) -> bytes:
    """The digest of an item's canonical form."""
    digest = _hash()
    digest.update(form)
    return digest.digest()


def canonical(body: bytes) -> bytes:
    """The form of a whole item in DynamoDB JSON. Raises TerminalError if it is not."""
    return _form(decoded(body))


def decoded(body: bytes) -> Item:
    """The decoded item; see `readable`. Raises TerminalError if it is not DynamoDB JSON."""
    try:
        try:
            return _decode_item(body)
        except RecursionError:
            return _decode_item(readable(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_item(error) from None


def readable(body: bytes) -> bytes:
    """The item, with parts that are nested too deeply replaced by texts, which equal only themselves."""
    return nesting.fold(body).as_texts()


def _form(item: Item) -> bytes:
    try:
        respell(item.values())
        return _encode(item)
    except (OverflowError, RecursionError) as error:
        raise _no_item(error) from None


def _no_item(error: Exception) -> TerminalError:
    return TerminalError(f"an item is not valid DynamoDB JSON: {error}")


def canonical_value(raw: bytes) -> bytes:
    """The form of one attribute's value, such as {"N":"1.0"}, of an item that `canonical` accepts."""
    value = _decode_value(raw)
    respell((value,))
    return _encode(value)


def respell(values: Iterable[Any]) -> None:
    """Respell values in place. The loop handles common types inline: a call per value would double the
    cost."""
    for value in values:
        try:
            [kind] = value
            if kind in _ONE_SPELLING:
                continue
            content = value[kind]
            if kind == "N":
                if not content.isdigit() or content[0] == "0":
                    value["N"] = number(content)
            elif kind == "M":
                respell(content.values())
            elif kind == "L":
                respell(content)
            elif kind == "B":
                value["B"] = binary(content)
            elif kind == "SS":
                content.sort()
            elif kind == "NS":
                value["NS"] = _sorted(content, number)
            elif kind == "BS":
                value["BS"] = sorted(_sorted(content, binary), key=_bytes_first)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Malformed: kept unchanged.
            continue


_ONE_SPELLING = frozenset(("S", "BOOL", "NULL"))


def _sorted(members: List[str], respell: Callable[[str], Any]) -> List[Any]:
    if type(members) is not list:
        raise TypeError  # a string must not be treated as a list of characters
    return sorted(map(respell, members))


def _bytes_first(text: str) -> Tuple[bytes, str]:
    """The order of binaries: by their bytes."""
    try:
        return a2b_base64(text), text
    except ValueError:
        return b"", text
