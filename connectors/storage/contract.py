"""The operations of a durable place. Data is durable when the call that writes it returns.

All methods raise TerminalError or TransientError, with the place in the message.
"""

from __future__ import annotations

from typing import Iterable, Iterator, List, Protocol


class Log(Protocol):
    """A log to which one process appends lines."""

    def append(self, lines: bytes) -> None:
        """Append all of `lines` or none of them. They are durable on return."""
        ...

    def close(self) -> None: ...


class Storage(Protocol):
    """A place with named objects. A name is a file name, without slashes."""

    place: str
    """The place as in the settings, without a slash at the end."""

    def log(self, stem: str) -> Log:
        """A new log. The names of its objects begin with `stem` and end with .jsonl."""
        ...

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Replace an object atomically: a reader gets the old contents or the new ones."""
        ...

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of an object, each with its line feed; none if the object does not exist."""
        ...

    def names(self, prefix: str = "") -> List[str]:
        """The names of the objects that begin with `prefix`, sorted."""
        ...

    def delete(self, name: str) -> None:
        """Delete an object if it exists."""
        ...


def content(storage: Storage, name: str) -> bytes:
    """The contents of an object; empty if it does not exist."""
    return b"".join(storage.lines(name))
