"""What a durable place can do. Whatever a call has written is durable when it returns.

All methods raise TerminalError or TransientError, with the place in the message.
"""

from __future__ import annotations

from typing import Iterable, Iterator, List, Protocol


class Log(Protocol):
    """Lines that are added over time by one process."""

    def append(self, lines: bytes) -> None:
        """Add all of `lines` or none of them; they are durable on return."""
        ...

    def close(self) -> None: ...


class Storage(Protocol):
    """Named objects. A name is a file name: it has no slash."""

    place: str
    """As the settings name it, without a slash at the end."""

    def log(self, stem: str) -> Log:
        """A new log. Its objects have names that begin with `stem` and end with .jsonl."""
        ...

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Replace an object: a reader gets the old contents or the new ones."""
        ...

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of an object, each with its line feed; none if there is no such object."""
        ...

    def names(self, prefix: str = "") -> List[str]:
        """The names of the objects that begin with `prefix`, sorted."""
        ...

    def delete(self, name: str) -> None:
        """Delete an object if it exists."""
        ...


def content(storage: Storage, name: str) -> bytes:
    """An object as a whole; empty if there is none."""
    return b"".join(storage.lines(name))
