"""Refuses an argument that empties a filter of the file.

`--set filter.whiteTableSet=$UNSET` would select every table, and with `tables.existing: recreate` the job
would drop all of them at the target.
"""

from __future__ import annotations

from typing import Dict, Optional

from connectors.config.document import Given, Tree
from connectors.config.mistakes import Mistakes

FILTERS: Dict[str, str] = {
    "filter.whiteTableSet": 'for all tables give "*"',
    "filter.blackTableSet": "to migrate the excluded tables too, change the file",
    "scan.filterExpression": "to copy every item, remove it from the file",
}


def refuse_emptied(lower: Tree, merged: Tree, mistakes: Mistakes) -> None:
    """Adds a mistake for each filter that `lower` sets and `merged`, which is `lower` with an argument, does
    not."""
    for path, remedy in FILTERS.items():
        before, after = _at(lower, path), _at(merged, path)
        if before is not None and _holds(before) and not (after is not None and _holds(after)):
            section = merged[path.split(".")[0]]
            where = after.where if after is not None else section.where
            mistakes.add(where, path, f"is empty here but is set in {before.where}; {remedy}")


def _at(tree: Tree, path: str) -> Optional[Given]:
    section, name = path.split(".")
    inner = tree[section].value if section in tree else None
    return inner.get(name) if isinstance(inner, dict) else None


def _holds(given: Given) -> bool:
    if isinstance(given.value, (list, dict)):
        return bool(given.value)
    return given.value is not None and bool(given.raw.strip(" \t\r\n;,"))
