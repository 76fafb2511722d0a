"""Mistakes are collected and told at once, so that a file is corrected in one go.

No message repeats a value: a secret that has slipped into the wrong place must not reach a log by way
of the complaint about it. The line and the key are enough to find it.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Iterable, List, Optional, Sequence

from connectors.base.errors import ConfigError


class InvalidValue(Exception):
    """A value is not what its key takes. Becomes a ConfigError where the key and its place are known."""

    def __init__(self, problem: str, allowed: Optional[Iterable[str]] = None) -> None:
        super().__init__(problem)
        self.problem, self.allowed = problem, allowed


class ConfigErrors(ConfigError):
    """Several mistakes in one message; `errors` has them one by one, the other attributes are the first's."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        first = errors[0]
        super().__init__(first.where, first.key, first.problem, first.allowed)
        self.errors = tuple(errors)
        lines = "".join(f"\n  {error}" for error in errors)
        self.args = (f"{len(errors)} mistakes in the configuration:{lines}",)


class Mistakes:
    """Everything found wrong so far."""

    def __init__(self) -> None:
        self.errors: List[ConfigError] = []

    def add(self, where: str, key: str, problem: str, allowed: Optional[Iterable[str]] = None) -> None:
        self.errors.append(ConfigError(where, key, problem, allowed))

    def stop_if_any(self) -> None:
        """Raises the one ConfigError, or ConfigErrors for several."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise ConfigErrors(self.errors)


def did_you_mean(word: str, known: Iterable[str]) -> Optional[str]:
    """The known word nearest to this one, whatever its case, if any is near."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[near[0]] if near else None


def redacted(name: str) -> str:
    """An unknown key as far as it is a word: `{sk:VALUE}` without a blank is one key to YAML."""
    word = re.match(r"[A-Za-z][\w-]{0,39}", name)
    return word.group() if word else "?"
