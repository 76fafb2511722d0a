"""Pools of attribute values: every type, including values that conversions often break."""

from __future__ import annotations

import base64
import random
import string
from typing import Callable, Dict, Iterable, List, Tuple

from local.traffic.keys import Value

POOL = 64
"""Values per attribute: a power of two, so that six bits of a digest select one."""

STRINGS = (
    "", " ", "0", "1.0", "null", "true", "{}", '{"S": "x"}', "é", "e\u0301", "🚀👩\u200d🚀", "名前",
    "\u202eabc", "\u2028\u2029", "\t\r\n", "\x01\x1f\x7f", "\\u0000", "\\", '"', "'; --", "$1", "\uffff",
    "\U0010ffff", "a" * 700,
)  # fmt: skip
NUMBERS = (
    "0", "0.0", "1", "1.0", "1E0", "-1", "1E-130", "-1E-130", "9.9E+125", "-9.9E+125", "1E+3", "0.10", "100",
    "9.9999999999999999999999999999999999999E+125", "-9.9999999999999999999999999999999999999E+125",
    "12345678901234567890123456789012345678", "-12345678901234567890123456789012345678",
    "0.12345678901234567890123456789012345678", "1234567890123456789.0123456789012345678",
    "9007199254740993", "0.1", "3.3333333333333333333333333333333333333", "18446744073709551616",
)  # fmt: skip
BINARIES = (b"", b"\x00", b"\x00\xff", b"\xff" * 31, bytes(range(256)), b"{}", "é".encode())


def text(rng: random.Random, low: int, high: int) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits + " .-", k=rng.randint(low, high)))


def number(rng: random.Random) -> str:
    """A number of up to 38 digits, with or without a fraction, in a notation that the service accepts and
    normalises."""
    digits = "".join(rng.choices("0123456789", k=rng.choice((1, 3, 9, 17, 37))))
    return rng.choice(("", "", "-")) + rng.choice(("1", "7.")) + digits


def binary(rng: random.Random) -> str:
    return base64.b64encode(bytes(rng.getrandbits(8) for _ in range(rng.randint(1, 60)))).decode()


def _strings(rng: random.Random, count: int) -> List[Value]:
    return [{"S": value} for value in STRINGS] + [
        {"S": text(rng, 1, 120)} for _ in range(count - len(STRINGS))
    ]


def _numbers(rng: random.Random, count: int) -> List[Value]:
    return [{"N": value} for value in NUMBERS] + [{"N": number(rng)} for _ in range(count - len(NUMBERS))]


def _binaries(rng: random.Random, count: int) -> List[Value]:
    fixed = [{"B": base64.b64encode(value).decode()} for value in BINARIES]
    return fixed + [{"B": binary(rng)} for _ in range(count - len(fixed))]


def _flags(rng: random.Random, count: int) -> List[Value]:
    return [{"BOOL": bool(value % 2)} for value in range(count)]


def _nulls(rng: random.Random, count: int) -> List[Value]:
    return [{"NULL": True}] * count


def _string_sets(rng: random.Random, count: int) -> List[Value]:
    return [{"SS": rng.sample(STRINGS[1:-1], rng.randint(1, 6))} for _ in range(count)]


def _number_sets(rng: random.Random, count: int) -> List[Value]:
    pool = ("0", "-1", "1.5", "1E-130", "9.9E+125", NUMBERS[15], NUMBERS[17], "9007199254740993", "100")
    return [{"NS": rng.sample(pool, rng.randint(1, 6))} for _ in range(count)]


def _binary_sets(rng: random.Random, count: int) -> List[Value]:
    pool = [base64.b64encode(value).decode() for value in BINARIES[1:]]
    return [{"BS": rng.sample(pool, rng.randint(1, 4))} for _ in range(count)]


def _scalars(rng: random.Random) -> List[Value]:
    """One value of each scalar type."""
    texts = {"S": rng.choice((*STRINGS, text(rng, 1, 60)))}
    numbers = {"N": rng.choice((*NUMBERS, number(rng)))}
    return [texts, numbers, {"B": binary(rng)}, {"BOOL": rng.random() < 0.5}, {"NULL": True}]


def _lists(rng: random.Random, count: int) -> List[Value]:
    deep: Value = {"L": [{"L": [{"L": []}, {"M": {}}]}, {"S": ""}]}
    return [{"L": []}, deep] + [
        {"L": rng.sample(_scalars(rng), rng.randint(1, 4)) + [deep][: rng.randrange(2)]}
        for _ in range(count - 2)
    ]


def _maps(rng: random.Random, count: int) -> List[Value]:
    names = ("N", "S", "a.b", "é", "L", "name", "🚀")
    fixed: List[Value] = [{"M": {}}, {"M": {"M": {"M": {"M": {"M": {}}}}}}, {"M": {"S": {"N": "1"}}}]
    maps: List[Value] = []
    for _ in range(count - len(fixed)):
        inner = dict(zip(rng.sample(names, 4), _scalars(rng)))
        inner["tags"] = {"SS": ["b", "a"]}
        maps.append({"M": inner})
    return fixed + maps


def _filler(rng: random.Random, count: int) -> List[Value]:
    return [{"S": text(rng, 0, 1000)} for _ in range(count)]


Maker = Callable[[random.Random, int], List[Value]]
ATTRIBUTES: Tuple[Tuple[str, Maker], ...] = (
    ("name", _strings), ("note", _strings), ("price", _numbers), ("total", _numbers), ("raw", _binaries),
    ("flag", _flags), ("gone", _nulls), ("tags", _string_sets), ("scores", _number_sets),
    ("chunks", _binary_sets), ("list", _lists), ("profile", _maps), ("a.b", _maps), ("#", _numbers),
    (":v", _strings), ("N", _lists), ("M", _strings), ("名前", _strings), ("🚀", _flags),
    ("with space", _string_sets), ("text", _filler),
)  # fmt: skip
"""Attribute names: plain ones, reserved words, type tags, and names that must be escaped in expressions."""


def pools(seed: int, nul: bool, without: Iterable[str]) -> Dict[str, List[Value]]:
    """POOL values for each attribute that is not in `without`. The same arguments give the same values."""
    taken = set(without)
    values = {}
    for name, maker in ATTRIBUTES:
        if name not in taken:
            values[name] = maker(random.Random(f"{seed}:{name}"), POOL)
    if nul:
        values["note"] = [{"S": f"\x00{number}\x00"} for number in range(POOL)]
    return values
