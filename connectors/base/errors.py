"""The project's errors, classified by how to handle them.

Terminal: a retry gives the same result; the message says what to change.
Transient: a retry may succeed; the caller backs off and retries within a bound.
"""

from __future__ import annotations

from typing import Iterable, Optional


class PolarshakeError(Exception):
    """Base of all errors that this project raises deliberately. The text is for the user."""


class TransientError(PolarshakeError):
    """An error that a retry may resolve: throttling, 5xx, time-outs, connection errors, name resolution."""


class TerminalError(PolarshakeError):
    """An error that a retry cannot resolve."""


class ConfigError(TerminalError):
    """A setting is invalid. Raised before any write; commands exit with code 2."""

    def __init__(self, where: str, key: str, problem: str, allowed: Optional[Iterable[str]] = None) -> None:
        """`where` is a file or an argument, `key` its dotted path, `allowed` the valid values."""
        self.where, self.key, self.problem = where, key, problem
        self.allowed = sorted(allowed) if allowed is not None else None
        hint = f" Allowed: {', '.join(self.allowed)}." if self.allowed else ""
        super().__init__(f"{where}: {key}: {problem}.{hint}")


class PreflightError(TerminalError):
    """A side does not meet the job's requirements: unreachable, access denied, another schema. Exit code
    2."""


class GapError(TerminalError):
    """Changes of a table expired before they were read. Only a new scan makes the copy complete again."""

    def __init__(self, table: str, reason: str) -> None:
        self.table, self.reason = table, reason
        super().__init__(
            f"table {table}: changes were lost at the source: {reason}. The copy is no longer complete. "
            f"Set streams.gap: rescan to scan this table again, or start the job again without its savepoint."
        )
