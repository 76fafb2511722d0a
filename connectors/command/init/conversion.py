"""Converts a nimo-shake.conf to values for application.yaml, and reports the outcome of each key. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple

from connectors.base.errors import ConfigError
from connectors.command.init.conf import ConfEntry, entries, printable
from connectors.command.init.nimoshake import DROPS, EMPTY_MEANS, RULES, Conf, target_of
from connectors.command.init.outcome import NEED_YOU, Became, Fate, OptionOutcome, instead, mapped, unneeded
from connectors.command.init.values import problem, settings_of
from connectors.config.credentials import looks_secret
from connectors.config.mistakes import did_you_mean


class Converted(NamedTuple):
    values: Dict[str, Any]
    """By dotted path, as in YAML. They load without errors."""
    outcomes: List[OptionOutcome]
    """In the order of the file."""

    @property
    def drops(self) -> bool:
        """Whether the old file drops tables at the target. `values` do not: the user must say so."""
        return any(outcome.became == DROPS for outcome in self.outcomes)

    def complete(self, existing_decided: bool) -> bool:
        """Whether no key needs the user. `existing_decided`: the user has chosen `tables.existing`."""
        open_ = [outcome.became for outcome in self.outcomes if outcome.became.fate in NEED_YOU]
        return all(became == DROPS and existing_decided for became in open_)


def convert(text: str) -> Converted:
    """Never raises: a key that cannot be converted has an outcome that says so."""
    conf_entries = entries(text)
    conf = {entry.key: entry.value for entry in conf_entries}
    outcomes = [
        OptionOutcome(entry.line, printable(entry.key), _became(entry, conf_entries, conf))
        for entry in conf_entries
    ]
    if "target.type" not in conf:
        note = "The file does not set it; derived from target.address"
        outcomes.append(OptionOutcome(0, "target.type", mapped({"target": target_of(conf)}, note)))
    values: Dict[str, Any] = {}
    for outcome in outcomes:
        values.update(outcome.became.sets)
    return Converted(values, outcomes)


def _became(entry: ConfEntry, conf_entries: List[ConfEntry], conf: Conf) -> Became:
    if entry.key not in RULES:
        return _unknown(entry)
    if any(other.key == entry.key and other.line > entry.line for other in conf_entries):
        return unneeded("is given again further down; the last value applies")
    if not entry.value and entry.key not in EMPTY_MEANS:
        return unneeded("is empty: the default applies")
    return _fitting(RULES[entry.key](entry.value, conf), conf)


def _unknown(entry: ConfEntry) -> Became:
    if not entry.key:
        return Became(Fate.UNKNOWN, "is not KEY = VALUE")
    if looks_secret(entry.key.rsplit(".", 1)[-1]):
        return Became(Fate.UNKNOWN, "is not a key of nimo-shake, and is named like a secret: not copied")
    near = did_you_mean(entry.key, RULES)
    hint = f" (did you mean {near}?)" if near else ""
    return Became(Fate.UNKNOWN, f"is not a key of nimo-shake{hint}: not copied")


def _fitting(became: Became, conf: Conf) -> Became:
    """The outcome if its values are valid settings, else one that leaves them to the user."""
    try:
        settings_of({"target": target_of(conf), **became.sets})
    except ConfigError as error:
        return instead(
            f"set {error.key} yourself, because its value is invalid: {problem(error)}{_until(error)}"
        )
    return became


def _until(error: ConfigError) -> str:
    return ". Until then ALL tables are included" if error.key.startswith("filter.") else ""
