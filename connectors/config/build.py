"""Settings from a tree of given values, checked against the declared keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional

from connectors.config.credentials import looks_secret, where_secrets_belong
from connectors.config.document import Given, Tree
from connectors.config.keys import Member, members, paths
from connectors.config.mistakes import InvalidValue, Mistakes, did_you_mean, redacted
from connectors.config.settings import Settings


def overlay(cls: Any, lower: Tree, upper: Tree) -> Tree:
    """`lower`, overridden by `upper`. Sections are merged; the value of a key is replaced as a whole."""
    sections = {member.name: member.section for member in members(cls) if member.section}
    merged = dict(lower)
    for name, given in upper.items():
        below = lower.get(name)
        if name in sections and below and isinstance(below.value, dict) and isinstance(given.value, dict):
            given = given._replace(value=overlay(sections[name], below.value, given.value))
        merged[name] = given
    return merged


def build(tree: Tree, mistakes: Mistakes) -> Settings:
    """The settings, with the default for each key that is not given or is wrong. Never raises."""
    settings: Settings = _build(Settings, Settings(), tree, "", mistakes)
    return settings


def _build(cls: Any, defaults: Any, tree: Tree, prefix: str, mistakes: Mistakes) -> Any:
    known = {member.name: member for member in members(cls)}
    values: Dict[str, Any] = {}
    for name, given in tree.items():
        if name not in known:
            _refuse(name, given, prefix, list(known), mistakes)
        elif not given.empty():
            member = known[name]
            values[member.attribute] = _value(member, given, f"{prefix}{name}", mistakes)
    return replace(defaults, **values)


def _value(member: Member, given: Given, path: str, mistakes: Mistakes) -> Any:
    if member.key is None:
        if isinstance(given.value, dict):
            return _build(member.section, member.default, given.value, f"{path}.", mistakes)
        names = [inner.name for inner in members(member.section)]
        mistakes.add(given.where, given.name, "must be a mapping of keys to values", names)
        return member.default
    try:
        return member.key.kind.read(given)
    except InvalidValue as wrong:
        mistakes.add(given.where, given.name, wrong.problem, wrong.allowed)
        return member.default


def _refuse(name: str, given: Given, prefix: str, siblings: List[str], mistakes: Mistakes) -> None:
    if looks_secret(redacted(name)):
        mistakes.add(given.where, given.name, where_secrets_belong(prefix.split(".")[0]))
        return
    near = _suggestion(name, prefix, siblings)
    hint = f" (did you mean {near}?)" if near else ""
    mistakes.add(given.where, given.name, f"is not a known key{hint}", None if near else siblings)


def _suggestion(name: str, prefix: str, siblings: List[str]) -> Optional[str]:
    """A key of this section with a similar name, else a key of another section with the same name."""
    near = did_you_mean(name, siblings)
    if near:
        return prefix + near
    return next((path for path in paths(Settings) if path.lower().split(".")[-1] == name.lower()), None)
