"""The prices of the estimates: a file with dates and sources, which the user can replace."""

from __future__ import annotations

import datetime
from importlib import resources
from pathlib import Path
from typing import Any, Dict, NamedTuple, Optional

from connectors.base.errors import ConfigError


class Prices(NamedTuple):
    """US dollars."""

    million_read_units: float
    """DynamoDB on demand."""
    million_stream_reads: float
    """GetRecords calls."""
    slot_hour: float
    """A Flink task slot with one core and 4 GiB."""


class Price(NamedTuple):
    usd: float
    date: str
    """When it was looked up, as 2026-11-30."""
    source: str
    check: bool
    """Whether it is not confirmed, so that the user should check it."""


class PriceList(NamedTuple):
    region: str
    entries: Dict[str, Price]
    """By the names of Prices."""

    @property
    def prices(self) -> Prices:
        return Prices(*(self.entries[name].usd for name in Prices._fields))


MEMBERS = ("date", "region", *Prices._fields)
DETAILS = Price._fields


def read_prices(file: Optional[str] = None) -> PriceList:
    """The prices of `file`; None: those of the package. Raises ConfigError, which names the file and the
    entry."""
    if file is None:
        text = resources.files("connectors.command.estimate").joinpath("prices.yaml").read_text("utf-8")
        return price_list(text, "prices.yaml")
    try:
        return price_list(Path(file).read_text("utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError("--prices", file, f"cannot be read: {said}") from None


def price_list(text: str, place: str) -> PriceList:
    """Raises ConfigError."""
    import yaml  # The command's help does not need it.

    try:
        given: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(place, "syntax", "is not valid YAML") from None
    if not isinstance(given, dict):
        raise ConfigError(place, "the whole file", f"must be a mapping with {', '.join(MEMBERS)}")
    _known(given, MEMBERS, "", place)
    entries = {name: _entry(given.get(name), given.get("date"), name, place) for name in Prices._fields}
    return PriceList(str(given.get("region") or "region not stated"), entries)


def _entry(value: Any, date: Any, name: str, place: str) -> Price:
    """`value`: a number, or a mapping. `date`: that of the file."""
    if not isinstance(value, dict):
        return Price(_price(value, name, place), _date(date, "date", place), place, False)
    _known(value, DETAILS, f"{name}.", place)
    check = value.get("check", False)
    if not isinstance(check, bool):
        raise ConfigError(place, f"{name}.check", "must be true or false")
    day = _date(value.get("date", date), f"{name}.date", place)
    source = str(value.get("source") or place)
    return Price(_price(value.get("usd"), f"{name}.usd", place), day, source, check)


def _known(given: Dict[Any, Any], names: Any, within: str, place: str) -> None:
    for name in given:
        if name not in names:
            raise ConfigError(place, f"{within}{name}", f"is not a price. Allowed: {', '.join(names)}")


def _price(value: Any, name: str, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        raise ConfigError(place, name, "must be a price in US dollars, such as 0.125")
    return float(value)


def _date(value: Any, name: str, place: str) -> str:
    """YAML reads 2024-11-01 as a date, and the same in quotes as text."""
    try:
        date = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ConfigError(place, name, "must be the day of the price, such as 2026-11-30") from None
    return date.isoformat()[:10]
