"""Translates the configuration file of the vendor's reverse-sync job (`source:`, `target:`) into the names of
this project.

Source: Alibaba Cloud's guide for PolarDBBackSync. Its sections `filter` and `checkpoint` are the same here.
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
    """The tree in this project's names. A tree without `source:` and without a mapping under `target:` is
    returned unchanged, because `target: polardb` is a key of this project.

    Messages use the names of the file.
    """
    translated = dict(tree)
    for old in SIDES:
        given = tree.get(old)
        if given is not None and (isinstance(given.value, dict) or old == "source"):
            del translated[old]
            _move(given, old, translated, mistakes)
    return translated


def _move(given: Given, old: str, tree: Tree, mistakes: Mistakes) -> None:
    """Moves the keys of an older section into the section of its side."""
    if given.empty():
        return
    if not isinstance(given.value, dict):
        mistakes.add(given.where, old, "must be a mapping of keys to values", NAMES[old])
        return
    side = tree.get(SIDES[old])
    if side is None or side.empty():
        side = given._replace(value={})
    if isinstance(side.value, dict):  # Otherwise `build` reports the mistake.
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
