"""Errors of the local servers. Their text tells the user what to do."""

from __future__ import annotations

from pathlib import Path


class StackError(Exception):
    """A local server is missing, did not start, or did not answer."""


def did_not_start(name: str, why: str, log: Path) -> StackError:
    """The error of a server that did not start, with the end of its log, which usually shows the cause."""
    return StackError(f"{name} {why}. The log {log} ends with:\n{tail(log)}")


def tail(log: Path, lines: int = 15) -> str:
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
