"""A local folder, which must be shared if the workers run on several machines."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterable, Iterator, List, Optional

from connectors.base import durable
from connectors.base.errors import TerminalError
from connectors.storage.contract import Log, Storage


class FolderStorage(Storage):
    def __init__(self, folder: str, what: str) -> None:
        """Creates the folder. `what`: its purpose, for the message.

        Raises PreflightError if the folder cannot be created or written to.
        """
        self.place, self._folder = folder, Path(folder)
        durable.make_folder(self._folder, what)

    def log(self, stem: str) -> Log:
        return _FileLog(self._folder / f"{stem}.jsonl")

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        path = self._folder / name
        with _explained(path, "written"):
            durable.replace(path, chunks)

    def lines(self, name: str) -> Iterator[bytes]:
        return file_lines(self._folder / name)

    def names(self, prefix: str = "") -> List[str]:
        with _explained(self._folder, "read"):
            return sorted(entry.name for entry in os.scandir(self._folder) if entry.name.startswith(prefix))

    def delete(self, name: str) -> None:
        path = self._folder / name
        with _explained(path, "deleted"), suppress(FileNotFoundError):
            path.unlink()


class _FileLog(Log):
    """A log in one file, which the first append creates."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Optional[int] = None

    def append(self, lines: bytes) -> None:
        with _explained(self._path, "written"):
            if self._file is None:
                self._file = durable.open_to_append(self._path)
            durable.append(self._file, lines)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def file_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file; none if it does not exist. Raises TerminalError."""
    with _explained(path, "read"):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            yield from file


@contextmanager
def _explained(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TerminalError(f"{path} cannot be {done}: {error.strerror}") from error
