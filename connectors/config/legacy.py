"""The configuration file of the vendor's reverse-sync job (`source:`, `target:`) in this project's names.

From Alibaba Cloud's guide for PolarDBBackSync. Its `filter` and `checkpoint` are the same here.
"""

from __future__ import annotations

from typing import Dict

from connectors.config.credentials import looks_secret, where_secrets_belong
from connectors.config.document import Given, Tree
from connectors.config.mistakes import Mistakes, did_you_mean, redacted

NAMES: Dict[str, Dict[str, str]] = {
    "source": {"hostname": "hostname", "port": "port", "slotName": "slotName"},
    "target": {"region": "region"},
}
SIDES = {"source": "polardb", "target": "dynamodb"}


def translate(tree: Tree, mistakes: Mistakes) -> Tree:
    """The tree in today's names; one without `source:` and without a mapping under `target:` is as it was.

    `target: polardb` is today's key. Messages keep the names that stand in the file.
    """
    translated = dict(tree)
    for old in SIDES:
        given = tree.get(old)
        if given is not None and (isinstance(given.value, dict) or old == "source"):
            del translated[old]
            _move(given, old, translated, mistakes)
    return translated


def _move(given: Given, old: str, tree: Tree, mistakes: Mistakes) -> None:
    """Put what stands under an older name into its side's section."""
    if given.empty():
        return
    if not isinstance(given.value, dict):
        mistakes.add(given.where, old, "must be a mapping of keys to values", NAMES[old])
        return
    side = tree.get(SIDES[old])
    if side is None or side.empty():
        side = given._replace(value={})
    if isinstance(side.value, dict):  # Otherwise a mistake that is told where the section is read.
        tree[SIDES[old]] = side._replace(value=_merged(given.value, old, side.value, mistakes))


def _merged(older: Tree, old: str, section: Tree, mistakes: Mistakes) -> Tree:
    merged = dict(section)
    for name, value in older.items():
        new = NAMES[old].get(name)
        if new is None:
            _refuse(name, value, old, mistakes)
        elif new in section:
            problem = f"and {section[new].name} are the same key; give one of them"
            mistakes.add(value.where, value.name, problem)
        else:
            merged[new] = value
    return merged


def _refuse(name: str, given: Given, old: str, mistakes: Mistakes) -> None:
    side = SIDES[old]
    if looks_secret(redacted(name)):
        mistakes.add(given.where, given.name, where_secrets_belong(side))
        return
    near = did_you_mean(name, NAMES[old])
    hint = f" (did you mean {old}.{near}?)" if near else f"; other keys of {side} belong under {side}:"
    mistakes.add(given.where, given.name, f"is not a known key{hint}", None if near else NAMES[old])
