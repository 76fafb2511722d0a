"""Files whose contents survive a crash of the machine: appended in whole lines, or replaced atomically.

All functions except `make_folder` raise OSError. Only the owner can read the files: items may contain
personal data.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Iterable

from connectors.base.errors import PreflightError


def make_folder(folder: Path, what: str) -> None:
    """Create a folder. `what`: its purpose, for the message. Raises PreflightError if it is not usable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PreflightError(f"{what}: {folder} cannot be created: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PreflightError(f"{what}: {folder} is not writable by this user")


def open_to_append(path: Path) -> int:
    """Open a file, created if missing; return its descriptor."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        _sync_folder(path.parent)
    except OSError:
        os.close(file)
        raise
    return file


def append(file: int, lines: bytes) -> None:
    """Append all lines or none: an incomplete line would corrupt the next one."""
    whole = os.fstat(file).st_size
    try:
        _write(file, lines)
        os.fsync(file)
    except OSError:
        os.ftruncate(file, whole)
        raise


def replace(path: Path, chunks: Iterable[bytes]) -> None:
    """Replace a file atomically: a reader gets the old contents or the new ones, also after a crash."""
    file, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        try:
            for chunk in chunks:
                _write(file, chunk)
            os.fsync(file)
        finally:
            os.close(file)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def _write(file: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(file, view) :]


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
