"""Attribute values of the ten types: DynamoDB's rules for them, and their size."""

from __future__ import annotations

from base64 import b64decode
from typing import Any, Callable, Dict, List, Mapping

import msgspec

from local.standin.decimals import check_number, parse_number
from local.standin.faults import ApiError, invalid, invalid_parameter, malformed

MOST_ITEM_BYTES = 400 * 1024
DEEPEST = 32
"""Maximum levels of nesting."""

Value = Dict[str, Any]
Item = Dict[str, Value]

_DECODER = msgspec.json.Decoder(Dict[str, Value])


def read_item(document: bytes) -> Item:
    """Decode and check a whole item. Raises SerializationException or ValidationException."""
    try:
        item = _DECODER.decode(document)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise malformed(f"The item is not DynamoDB JSON: {error}") from None
    # This escape is the only notation of NUL in JSON. The same bytes can also follow an escaped backslash.
    if b"\\u0000" in document and holds_nul(item):
        raise _nul()
    check_attributes(item, 0)
    # Every value is longer in JSON than its size in DynamoDB, so only a long document can be too large.
    if len(document) > MOST_ITEM_BYTES and item_bytes(item) > MOST_ITEM_BYTES:
        raise invalid("Item size has exceeded the maximum allowed size")
    return item


def check_attributes(attributes: Mapping[str, Value], depth: int) -> None:
    for name, value in attributes.items():
        if not name:
            raise invalid_parameter("An attribute name must not be empty")
        check_value(value, depth)


def check_value(value: Value, depth: int = 0) -> None:
    if type(value) is not dict:
        raise malformed("An attribute value must be an object with one type descriptor")
    if len(value) != 1:
        problem = "has more than one datatypes set" if value else "is empty"
        raise invalid(
            f"Supplied AttributeValue {problem}, must contain exactly one of the supported datatypes"
        )
    for kind, content in value.items():
        check = _CHECKS.get(kind)
        if check is None:
            raise invalid(
                f"{kind[:20]!r} is not a datatype: must contain exactly one of the supported datatypes"
            )
        check(content, depth)


def holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(holds_nul(name) or holds_nul(content) for name, content in value.items())
    return isinstance(value, list) and any(map(holds_nul, value))


def item_bytes(attributes: Mapping[str, Value]) -> int:
    """An item's size as DynamoDB counts it: names in UTF-8 plus values."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in attributes.items())


def value_bytes(value: Value) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return _number_bytes(content)
    if kind == "B":
        return len(b64decode(content))
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + value_bytes(element) for element in content)
    if kind == "M":
        return 3 + len(content) + item_bytes(content)
    return sum(value_bytes({kind[0]: element}) for element in content)


def _number_bytes(text: str) -> int:
    # The guide: about one byte per two significant digits, plus one; zeros at either end do not count.
    mantissa = text.lower().partition("e")[0]
    return len(mantissa.lstrip("+-").replace(".", "").strip("0")) // 2 + 1


def decode_binary(text: Any) -> bytes:
    if type(text) is not str:
        raise malformed("A binary must be a base64 string")
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise malformed("A binary is not valid base64") from None


def _nul() -> ApiError:
    return invalid_parameter(
        "A string contains the NUL character (\\u0000), which the jsonb document of this endpoint cannot hold"
    )


def _check_string(content: Any, depth: int) -> None:
    if type(content) is not str:
        raise malformed("A string attribute must be a JSON string")


def _check_number(content: Any, depth: int) -> None:
    if type(content) is not str:
        raise malformed("A number attribute must be a JSON string")
    check_number(content)


def _check_binary(content: Any, depth: int) -> None:
    decode_binary(content)


def _check_bool(content: Any, depth: int) -> None:
    if type(content) is not bool:
        raise malformed("A BOOL attribute must be true or false")


def _check_null(content: Any, depth: int) -> None:
    if content is not True:
        raise invalid_parameter("Null attribute value types must have the value of true")


def _check_list(content: Any, depth: int) -> None:
    if type(content) is not list:
        raise malformed("An L attribute must be a JSON array")
    _check_depth(depth)
    for element in content:
        check_value(element, depth + 1)


def _check_map(content: Any, depth: int) -> None:
    if type(content) is not dict:
        raise malformed("An M attribute must be a JSON object")
    _check_depth(depth)
    check_attributes(content, depth + 1)


def _check_depth(depth: int) -> None:
    if depth + 1 >= DEEPEST:
        raise invalid("Nesting Levels have exceeded supported limits")


def _set_check(element_of: Callable[[Any], Any], kind: str) -> Callable[[Any, int], None]:
    def check(content: Any, depth: int) -> None:
        if type(content) is not list or not all(type(element) is str for element in content):
            raise malformed(f"A {kind} set must be an array of JSON strings")
        if not content:
            raise invalid_parameter(f"An {kind} set  may not be empty")
        elements: List[Any] = [element_of(element) for element in content]
        if len(set(elements)) != len(elements):
            raise invalid_parameter("Input collection contains duplicates")

    return check


_CHECKS: Dict[str, Callable[[Any, int], None]] = {
    "S": _check_string,
    "N": _check_number,
    "B": _check_binary,
    "BOOL": _check_bool,
    "NULL": _check_null,
    "L": _check_list,
    "M": _check_map,
    "SS": _set_check(str, "string"),
    "NS": _set_check(parse_number, "number"),
    "BS": _set_check(decode_binary, "binary"),
}
