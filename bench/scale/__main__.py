"""Prints the page. With --table-bytes it shows your tables instead of the two examples."""

from __future__ import annotations

import argparse
from typing import List, Optional, Sequence

from bench.scale.constants import SIZES, SLOTS, Size
from bench.scale.page import page
from connectors.command.estimate.prices import Prices, read_prices

PRICES = read_prices().prices


def arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--tables", type=int, default=1, help="how many tables of that size")
    parser.add_argument("--table-bytes", type=int, help="TableSizeBytes of one")
    parser.add_argument("--item-bytes", type=int, default=Size._field_defaults["item_bytes"])
    parser.add_argument("--writes", type=float, default=0.0, help="of all tables, a second")
    parser.add_argument("--slots", type=int, nargs="+", default=list(SLOTS))
    for name, value in PRICES._asdict().items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=value, metavar="US$")
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> None:
    given = arguments(argv)
    sizes: Sequence[Size] = SIZES
    if given.table_bytes is not None:
        name = f"{given.tables:,} of {given.table_bytes / 1e9:,.1f} GB"
        sizes = (Size(name, given.tables, given.table_bytes, given.writes, given.item_bytes),)
    prices = Prices(*(getattr(given, name) for name in Prices._fields))
    print(page(sizes, given.slots, prices), end="")


if __name__ == "__main__":
    main()
