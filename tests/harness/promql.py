"""Evaluates the part of PromQL that the alerts use, on scripted series. It refuses anything else.

Source of the rules: Prometheus documentation, "Operators", "Functions". `increase` is the difference between
the samples of the range, with counter resets, and `delta` is the difference without them; unlike Prometheus,
they do not extrapolate to its ends.
"""

from __future__ import annotations

import math
import re
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple, Union

Labels = FrozenSet[Tuple[str, str]]
Vector = Dict[Labels, float]
Value = Union[float, Vector]
Samples = List[Tuple[float, float]]
"""(seconds, value), in order."""
STALE = 300.0
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
TOKEN = re.compile(
    r"\s*(?:(?P<string>\"[^\"]*\")|(?P<duration>\d+[smh])\b|(?P<number>\d+(?:\.\d+)?)|(?P<word>[a-zA-Z_]\w*)"
    r"|(?P<sign>=~|==|!=|>=|<=|[-+*/%<>=(){}\[\],]))"
)
PRECEDENCE = (("or",), ("and", "unless"), ("==", "!=", ">", "<", ">=", "<="), ("+", "-"), ("*", "/", "%"))
AGGREGATIONS: Dict[str, Callable[[List[float]], float]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "count": lambda values: float(len(values)),
}
COMPARE: Dict[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}
ARITHMETIC: Dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else math.nan,
    "%": math.fmod,
}


class Database:
    """Series by name and labels."""

    def __init__(self) -> None:
        self._series: Dict[Tuple[str, Labels], Samples] = {}

    def add(self, name: str, at: float, value: float, **labels: str) -> None:
        self._series.setdefault((name, frozenset(labels.items())), []).append((at, value))

    def matching(self, name: str, matchers: List[Tuple[str, str, str]]) -> Iterator[Tuple[Labels, Samples]]:
        for (known, labels), samples in self._series.items():
            have = dict(labels)
            if known == name and all(_matches(have.get(key, ""), sign, text) for key, sign, text in matchers):
                yield labels, samples


def _matches(value: str, sign: str, text: str) -> bool:
    return bool(re.fullmatch(text, value)) if sign == "=~" else value == text


def evaluate(expression: str, database: Database, now: float) -> Vector:
    """The instant vector at `now`. Raises ValueError for what it does not know."""
    found = _Parser(expression, database, now).whole()
    return found if isinstance(found, dict) else {frozenset(): found}


class _On(NamedTuple):
    labels: Optional[Tuple[str, ...]]

    def key(self, labels: Labels) -> Labels:
        return labels if self.labels is None else frozenset(pair for pair in labels if pair[0] in self.labels)


class _Parser:
    """Parses and evaluates at once."""

    def __init__(self, text: str, database: Database, now: float) -> None:
        self._tokens, self._at = list(_tokens(text)), 0
        self._database, self._now = database, now

    def whole(self) -> Value:
        found = self._binary(0)
        if self._peek():
            raise ValueError(f"unexpected {self._peek()!r}")
        return found

    def _binary(self, level: int) -> Value:
        if level == len(PRECEDENCE):
            return self._primary()
        left = self._binary(level + 1)
        while self._peek() in PRECEDENCE[level]:
            sign = self._next()
            on = _On(self._names()) if self._take("on") else _On(None)
            left = _combined(sign, left, self._binary(level + 1), on)
        return left

    def _primary(self) -> Value:
        if self._take("("):
            inner = self._binary(0)
            self._expect(")")
            return inner
        word = self._next()
        if re.fullmatch(r"\d+(\.\d+)?", word):
            return float(word)
        if word in AGGREGATIONS:
            return self._aggregation(word)
        if word == "time":
            self._expect("(")
            self._expect(")")
            return self._now
        if word == "vector":
            self._expect("(")
            number = float(self._next())
            self._expect(")")
            return {frozenset(): number}
        if word in ("increase", "delta"):
            self._expect("(")
            found = self._difference(self._next(), resets=word == "increase")
            self._expect(")")
            return found
        return self._selector(word)

    def _aggregation(self, word: str) -> Vector:
        by = self._names() if self._take("by") else ()
        self._expect("(")
        inner = self._binary(0)
        self._expect(")")
        if not isinstance(inner, dict):
            raise ValueError(f"{word} needs a vector")
        groups: Dict[Labels, List[float]] = {}
        for labels, value in inner.items():
            groups.setdefault(_On(by).key(labels), []).append(value)
        return {labels: AGGREGATIONS[word](values) for labels, values in groups.items()}

    def _selector(self, name: str) -> Vector:
        matchers = self._matchers()
        at = self._now - (self._duration() if self._take("offset") else 0.0)
        found: Vector = {}
        for labels, samples in self._database.matching(name, matchers):
            recent = [value for when, value in samples if at - STALE < when <= at]
            if recent:
                found[labels] = recent[-1]
        return found

    def _difference(self, name: str, resets: bool) -> Vector:
        """`resets`: a counter that falls has begun again at 0."""
        matchers = self._matchers()
        self._expect("[")
        seconds = self._duration()
        self._expect("]")
        found: Vector = {}
        for labels, samples in self._database.matching(name, matchers):
            values = [value for when, value in samples if self._now - seconds <= when <= self._now]
            if len(values) > 1:
                found[labels] = sum(b if resets and b < a else b - a for a, b in zip(values, values[1:]))
        return found

    def _matchers(self) -> List[Tuple[str, str, str]]:
        found = []
        if self._take("{"):
            while not self._take("}"):
                found.append((self._next(), self._next(), self._next().strip('"')))
                self._take(",")
        return found

    def _names(self) -> Tuple[str, ...]:
        self._expect("(")
        names = []
        while not self._take(")"):
            names.append(self._next())
            self._take(",")
        return tuple(names)

    def _duration(self) -> float:
        word = self._next()
        return float(word[:-1]) * UNITS[word[-1]]

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        word = self._peek()
        if not word:
            raise ValueError("the expression ends too early")
        self._at += 1
        return word

    def _take(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise ValueError(f"expected {word!r}, not {self._peek()!r}")


def _tokens(text: str) -> Iterator[str]:
    at = 0
    text = text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"unknown characters at {text[at : at + 20]!r}")
        yield match.group().strip()
        at = match.end()


def _combined(sign: str, left: Value, right: Value, on: _On) -> Value:
    if sign in ("and", "or", "unless"):
        return _set_operation(sign, _vector(left), _vector(right), on)
    operation: Any = COMPARE.get(sign) or ARITHMETIC[sign]
    if not isinstance(left, dict) and not isinstance(right, dict):
        return float(operation(left, right))
    pairs = list(_pairs(left, right, on))
    if sign in COMPARE:
        # A comparison keeps the value of the vector.
        return {labels: (a if isinstance(left, dict) else b) for labels, a, b in pairs if operation(a, b)}
    return {labels: operation(a, b) for labels, a, b in pairs}


def _pairs(left: Value, right: Value, on: _On) -> Iterator[Tuple[Labels, float, float]]:
    if not isinstance(right, dict):
        yield from ((labels, value, right) for labels, value in _vector(left).items())
    elif not isinstance(left, dict):
        yield from ((labels, left, value) for labels, value in right.items())
    else:
        others = {on.key(labels): value for labels, value in right.items()}
        for labels, value in left.items():
            if on.key(labels) in others:
                yield labels, value, others[on.key(labels)]


def _set_operation(sign: str, left: Vector, right: Vector, on: _On) -> Vector:
    keys = {on.key(labels) for labels in right}
    if sign == "and":
        return {labels: value for labels, value in left.items() if on.key(labels) in keys}
    if sign == "unless":
        return {labels: value for labels, value in left.items() if on.key(labels) not in keys}
    own = {on.key(labels) for labels in left}
    return {**left, **{labels: value for labels, value in right.items() if on.key(labels) not in own}}


def _vector(value: Value) -> Vector:
    return value if isinstance(value, dict) else {frozenset(): value}
