"""Types of keys. Each describes the values that it accepts, reads a value, and converts one back to YAML."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any, Optional, Tuple, Union
from urllib.parse import urlsplit

from connectors.config.document import Given
from connectors.config.mistakes import InvalidValue, did_you_mean


class Kind:
    """`label` completes the sentence "must be ...". `read` raises InvalidValue."""

    label: str

    def read(self, given: Given) -> Any:
        raise NotImplementedError

    def show(self, value: Any) -> Any:
        return value

    def wrong(self, given: Given) -> InvalidValue:
        return InvalidValue(f"must be {self.label}, not {_type_name(given)}")


FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Flag(Kind):
    label = "true or false"

    def read(self, given: Given) -> bool:
        flag = FLAGS.get(given.raw.lower())
        if flag is None:
            raise self.wrong(given)
        return flag


class Integer(Kind):
    """A whole number; the range includes both bounds."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high
        self.label = f"a whole number from {low} to {high}"

    def read(self, given: Given) -> Optional[int]:
        value = self._whole(given)
        if not self.low <= value <= self.high:
            raise InvalidValue(f"must be {self.label}")
        return int(value)

    def _whole(self, given: Given) -> Union[int, Decimal]:
        """The value as a whole number; 1e3 and 4.0 are accepted."""
        if isinstance(given.value, float) and math.isfinite(given.value):
            value = Decimal(given.raw)
            if value == value.to_integral_value():
                return value
        if isinstance(given.value, bool) or not isinstance(given.value, int):
            raise self.wrong(given)
        whole: int = given.value
        return whole


class AutoOr(Integer):
    """An integer, or `auto`, which is None in the settings."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(low, high)
        self.label = f"auto or {self.label}"

    def read(self, given: Given) -> Optional[int]:
        return None if given.raw.lower() == "auto" else super().read(given)

    def show(self, value: Optional[int]) -> Any:
        return "auto" if value is None else value


class Rate(Kind):
    label = "a number from 0 to 1000000000"

    def read(self, given: Given) -> float:
        if isinstance(given.value, bool) or not isinstance(given.value, (int, float)):
            raise self.wrong(given)
        if not 0 <= given.value <= 1e9:
            raise InvalidValue(f"must be {self.label}")
        return float(given.value)

    def show(self, value: float) -> Any:
        return int(value) if value.is_integer() else value


class Hours(Rate):
    """A number of hours above 0 and up to `most`."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.label = f"a number above 0 up to {most}"

    def read(self, given: Given) -> float:
        hours = super().read(given)
        if not 0 < hours <= self.most:
            raise InvalidValue(f"must be {self.label}")
        return hours


class Choice(Kind):
    def __init__(self, *allowed: str) -> None:
        self.allowed = allowed
        self.label = ", ".join(allowed[:-1]) + " or " * (len(allowed) > 1) + allowed[-1]

    def read(self, given: Given) -> str:
        # Compares the spelling, because YAML turns a choice such as `true` into a value of another type.
        choice = {word.lower(): word for word in self.allowed}.get(given.raw.lower())
        if choice is not None:
            return choice
        near = did_you_mean(given.raw, self.allowed)
        raise InvalidValue(
            "is not an allowed value" + (f" (did you mean {near}?)" if near else ""), self.allowed
        )


class Text(Kind):
    """A scalar as it is spelled in the file; the whole of it matches a pattern."""

    def __init__(self, label: str, pattern: str = r"[^\x00-\x1f]*\S[^\x00-\x1f]*") -> None:
        self.label, self.pattern = label, re.compile(pattern)

    def read(self, given: Given) -> str:
        if isinstance(given.value, (list, dict)):
            raise self.wrong(given)
        if not self.pattern.fullmatch(given.raw):
            raise InvalidValue(f"must be {self.label}")
        return given.raw


class Url(Text):
    """Scheme, host and port; a trailing slash is dropped."""

    def __init__(self) -> None:
        super().__init__("a URL such as http://HOST:8000, without a path", r"https?://[^\s/?#\\\x00-\x20]+/?")

    def read(self, given: Given) -> str:
        if "@" in given.raw:
            raise InvalidValue(
                "must not contain a user or a password; give them as arguments or in the environment"
            )
        url = super().read(given).rstrip("/")
        try:
            parts = urlsplit(url)
            usable = bool(parts.hostname) and parts.port != 0 and not parts.netloc.endswith(":")
        except ValueError:
            usable = False
        if not usable:
            raise InvalidValue(f"must be {self.label}")
        return url


class MongoUri(Text):
    """A connection string without secrets. One with secrets is given as an argument or in the environment."""

    def __init__(self) -> None:
        super().__init__(
            "a connection string such as mongodb://HOST:27017/?replicaSet=rs0",
            r"mongodb(\+srv)?://[^\s/?#@\\\x00-\x20]+(/[^\s#@\x00-\x20]*)?",
        )

    def read(self, given: Given) -> str:
        if "@" in given.raw or re.search("password|token|authMechanismProperties", given.raw, re.I):
            raise InvalidValue(
                "must not contain a user, a password or a token; give the whole string as --mongodburi, or "
                "in the environment as POLARSHAKE_MONGODB_URI"
            )
        return super().read(given)


TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")
"""DynamoDB's naming rules."""


class TableNames(Kind):
    """Table names and globs: a list, or one text separated by ; or , characters."""

    label = "a list of table names or globs"

    def read(self, given: Given) -> Tuple[str, ...]:
        if isinstance(given.value, dict):
            raise self.wrong(given)
        if isinstance(given.value, list):
            return tuple(self._name(item) for item in given.value)
        words = (word.strip() for word in re.split("[;,]", given.raw))
        return tuple(checked_glob(word) for word in words if word)

    def show(self, value: Tuple[str, ...]) -> Any:
        return list(value)

    def _name(self, item: Given) -> str:
        if isinstance(item.value, (list, dict)):
            raise self.wrong(item)
        return checked_glob(item.raw)


def checked_glob(name: str) -> str:
    """A table's name or a glob. Raises InvalidValue.

    Without its [classes], * and ?, a glob must consist of the characters of table names.
    """
    if not re.search(r"[*?\[\]]", name):
        if not TABLE_NAME.fullmatch(name):
            raise InvalidValue("a table name has 3 to 255 letters, digits, and the characters _ . -")
        return name
    classes = re.findall(r"\[!?([A-Za-z0-9_.-]+)\]", name)
    rest = re.sub(r"\[!?[A-Za-z0-9_.-]+\]|[*?]", "", name)
    ranges = [pair for inner in classes for pair in re.findall(r"(.)-(.)", inner)]
    if not re.fullmatch(r"[A-Za-z0-9_.-]{0,255}", rest) or any(low > high for low, high in ranges):
        raise InvalidValue("has a bad glob: use * ? [abc] [a-z] [!abc] and the characters of table names")
    return name


def _type_name(given: Given) -> str:
    value = given.value
    if given.raw.lower() in FLAGS:
        return "true or false"
    names = {int: "a whole number", float: "a number", str: "text", list: "a list", dict: "a mapping"}
    return names.get(type(value), "a " + type(value).__name__)
