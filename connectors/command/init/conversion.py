"""A nimo-shake.conf -> values for application.yaml, and what became of each key. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple

from connectors.base.errors import ConfigError
from connectors.command.init.conf import ConfEntry, entries, printable
from connectors.command.init.nimoshake import EMPTY_MEANS, RULES, Conf, target_of
from connectors.command.init.outcome import Became, Fate, OptionOutcome, instead, mapped, unneeded
from connectors.command.init.values import problem, settings_of
from connectors.config.credentials import looks_secret
from connectors.config.mistakes import did_you_mean


class Converted(NamedTuple):
    values: Dict[str, Any]
    """By dotted path, as YAML holds them. They load."""
    outcomes: List[OptionOutcome]
    """In the order of the file."""

    @property
    def complete(self) -> bool:
        """Nothing is left to do by hand."""
        return not any(one.became.fate in (Fate.INSTEAD, Fate.UNKNOWN) for one in self.outcomes)


def convert(text: str) -> Converted:
    """Never fails: what cannot be converted is an outcome."""
    found = entries(text)
    conf = {entry.key: entry.value for entry in found}
    outcomes = [OptionOutcome(one.line, printable(one.key), _became(one, found, conf)) for one in found]
    if "target.type" not in conf:
        note = "It is not in the file; target.address says so"
        outcomes.append(OptionOutcome(0, "target.type", mapped({"target": target_of(conf)}, note)))
    values: Dict[str, Any] = {}
    for outcome in outcomes:
        values.update(outcome.became.sets)
    return Converted(values, outcomes)


def _became(entry: ConfEntry, found: List[ConfEntry], conf: Conf) -> Became:
    if entry.key not in RULES:
        return _unknown(entry)
    if any(other.key == entry.key and other.line > entry.line for other in found):
        return unneeded("is given again further down, which wins")
    if not entry.value and entry.key not in EMPTY_MEANS:
        return unneeded("is empty: the default holds")
    return _fitting(RULES[entry.key](entry.value, conf), conf)


def _unknown(entry: ConfEntry) -> Became:
    if not entry.key:
        return Became(Fate.UNKNOWN, "is not KEY = VALUE")
    if looks_secret(entry.key.rsplit(".", 1)[-1]):
        return Became(Fate.UNKNOWN, "is no key of nimo-shake's, and named like a secret: not copied")
    near = did_you_mean(entry.key, RULES)
    hint = f" (did you mean {near}?)" if near else ""
    return Became(Fate.UNKNOWN, f"is no key of nimo-shake's{hint}: not copied")


def _fitting(became: Became, conf: Conf) -> Became:
    """Values that application.yaml would not take are left to the user."""
    try:
        settings_of({"target": target_of(conf), **became.sets})
    except ConfigError as error:
        return instead(
            f"set {error.key} yourself, as its value does not fit: {problem(error)}{_until(error)}"
        )
    return became


def _until(error: ConfigError) -> str:
    return ". Until then ALL tables take part" if error.key.startswith("filter.") else ""
