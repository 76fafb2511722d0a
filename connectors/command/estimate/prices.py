"""The prices of the estimates: a file with a date, which the user can replace."""

from __future__ import annotations

import datetime
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, Optional

from connectors.base.errors import ConfigError


class Prices(NamedTuple):
    """US dollars."""

    million_read_units: float
    """DynamoDB on demand."""
    million_stream_reads: float
    """GetRecords calls."""
    slot_hour: float
    """A Flink task slot with one core and 4 GiB."""


class PriceList(NamedTuple):
    date: str
    """When the prices applied, as 2024-11-01."""
    region: str
    prices: Prices


MEMBERS = ("date", "region", *Prices._fields)


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
    for name in given:
        if name not in MEMBERS:
            raise ConfigError(place, str(name), f"is not a price. Allowed: {', '.join(MEMBERS)}")
    prices = Prices(*(_price(given.get(name), name, place) for name in Prices._fields))
    return PriceList(_date(given.get("date"), place), str(given.get("region") or "not stated"), prices)


def _price(value: Any, name: str, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        raise ConfigError(place, name, "must be a price in US dollars, such as 0.125")
    return float(value)


def _date(value: Any, place: str) -> str:
    """YAML reads 2024-11-01 as a date, and the same in quotes as text."""
    try:
        found = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ConfigError(place, "date", "must be the day of the prices, such as 2024-11-01") from None
    return found.isoformat()[:10]
