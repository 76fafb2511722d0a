"""An argument that empties a filter of the file is refused: `--set filter.whiteTableSet=$UNSET` would take in
every table, and drop them at the target where tables.existing is recreate."""

from __future__ import annotations

from typing import Dict, Optional

from connectors.config.document import Given, Tree
from connectors.config.mistakes import Mistakes

FILTERS: Dict[str, str] = {
    "filter.whiteTableSet": 'for all tables give "*"',
    "filter.blackTableSet": "to take in what it leaves out, change the file",
    "scan.filterExpression": "to copy every item, take it out of the file",
}


def refuse_emptied(lower: Tree, merged: Tree, mistakes: Mistakes) -> None:
    """`merged`: `lower` with an argument over it."""
    for path, remedy in FILTERS.items():
        before, after = _at(lower, path), _at(merged, path)
        if before is not None and _holds(before) and not (after is not None and _holds(after)):
            section = merged[path.split(".")[0]]
            where = after.where if after is not None else section.where
            mistakes.add(where, path, f"is empty here and set at {before.where}; {remedy}")


def _at(tree: Tree, path: str) -> Optional[Given]:
    section, name = path.split(".")
    inner = tree[section].value if section in tree else None
    return inner.get(name) if isinstance(inner, dict) else None


def _holds(given: Given) -> bool:
    if isinstance(given.value, (list, dict)):
        return bool(given.value)
    return given.value is not None and bool(given.raw.strip(" \t\r\n;,"))
