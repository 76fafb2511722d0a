"""What can go wrong, split by what the reader of the message can do about it.

Terminal: trying again gives the same answer; the message says what to change.
Transient: trying again may succeed; the caller backs off and retries within a bound.
"""

from __future__ import annotations

from typing import Iterable, Optional


class PolarshakeError(Exception):
    """Base of every error this project raises on purpose. Its text is meant for the user."""


class TransientError(PolarshakeError):
    """May pass by itself: throttling, 5xx, time-outs, connection errors, name resolution."""


class TerminalError(PolarshakeError):
    """Will not pass by itself."""


class ConfigError(TerminalError):
    """A setting is wrong. Raised before anything is written; commands exit with code 2."""

    def __init__(self, where: str, key: str, problem: str, allowed: Optional[Iterable[str]] = None) -> None:
        """`where` is a file or an argument, `key` its dotted path, `allowed` the values that would do."""
        self.where, self.key, self.problem = where, key, problem
        self.allowed = sorted(allowed) if allowed is not None else None
        hint = f" Allowed: {', '.join(self.allowed)}." if self.allowed else ""
        super().__init__(f"{where}: {key}: {problem}.{hint}")


class PreflightError(TerminalError):
    """A side is not as the job needs it: unreachable, refused, or with another schema. Exit code 2."""


class GapError(TerminalError):
    """Changes of a table are gone before they were read: only a new scan can make the copy whole."""

    def __init__(self, table: str, reason: str) -> None:
        self.table, self.reason = table, reason
        super().__init__(
            f"table {table}: changes were lost at the source: {reason}. The copy is no longer complete. "
            f"Set streams.gap: rescan to scan this table again, or start the job anew without its savepoint."
        )
