"""Mistakes in the configuration, reported together, so that a user can correct all of them at once.

No message repeats a value. Otherwise a secret in the wrong place would reach a log through the message
about it. The line and the key are enough to find the mistake.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Iterable, List, Optional, Sequence

from connectors.base.errors import ConfigError


class InvalidValue(Exception):
    """A value that its key does not accept. The caller knows the key and its place, and raises
    ConfigError."""

    def __init__(self, problem: str, allowed: Optional[Iterable[str]] = None) -> None:
        super().__init__(problem)
        self.problem, self.allowed = problem, allowed


class ConfigErrors(ConfigError):
    """Several mistakes in one message. `errors` contains all; the other attributes are the first's."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        first = errors[0]
        super().__init__(first.where, first.key, first.problem, first.allowed)
        self.errors = tuple(errors)
        lines = "".join(f"\n  {error}" for error in errors)
        self.args = (f"{len(errors)} mistakes in the configuration:{lines}",)


class Mistakes:
    """The mistakes found so far."""

    def __init__(self) -> None:
        self.errors: List[ConfigError] = []

    def add(self, where: str, key: str, problem: str, allowed: Optional[Iterable[str]] = None) -> None:
        self.errors.append(ConfigError(where, key, problem, allowed))

    def stop_if_any(self) -> None:
        """Raises the ConfigError if there is one mistake, ConfigErrors if there are several."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise ConfigErrors(self.errors)


def did_you_mean(word: str, known: Iterable[str]) -> Optional[str]:
    """The known word that is most similar to `word`, ignoring case; None if none is similar enough."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[near[0]] if near else None


def redacted(name: str) -> str:
    """The beginning of an unknown key, up to the first character that is not part of a word.

    The rest may be a secret: to YAML, `{sk:VALUE}` without a blank is a single key.
    """
    word = re.match(r"[A-Za-z][\w-]{0,39}", name)
    return word.group() if word else "?"
