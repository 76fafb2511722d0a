"""The packages that the base installation omits, and the error that names the command to install them.

`pip install polarshake` installs what the command `polarshake` needs. The jobs need `polarshake[jobs]` in
addition, `polarshake console` needs `polarshake[console]`, and a MongoDB target `polarshake[mongodb]`.
pyproject.toml declares these extras.
"""

from __future__ import annotations

import shlex
import sys
import warnings
from contextlib import contextmanager
from typing import Iterator, NamedTuple, Tuple

from connectors.base.errors import TerminalError

NOT_STARTED = 2
"""Exit code of a job that has not started. 1 is a result of the check."""


class Extra(NamedTuple):
    name: str
    """As in `polarshake[NAME]`."""
    user: str
    """The component that needs it, as the subject of a sentence."""
    modules: Tuple[str, ...]
    """The top-level modules of its packages that this project imports."""


JOBS = Extra("jobs", "a Flink job", ("pyflink", "numpy"))
CONSOLE = Extra("console", "polarshake console", ("aiohttp",))
MONGODB = Extra("mongodb", "target: mongodb", ("pymongo", "bson"))


class MissingExtraError(TerminalError):
    """A package of an extra is not installed."""

    def __init__(self, extra: Extra, module: str) -> None:
        command = pip_command(extra)
        super().__init__(
            f"{extra.user} needs the Python module {module}, which is not installed. Run: {command}"
        )


def pip_command(extra: Extra) -> str:
    """The command that installs into the environment of this interpreter, independent of the PATH."""
    return f"{shlex.quote(sys.executable)} -m pip install 'polarshake[{extra.name}]'"


@contextmanager
def imports_of(extra: Extra) -> Iterator[None]:
    """Context of imports that need `extra`. Raises MissingExtraError if one of its modules is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in extra.modules:
            raise
        raise MissingExtraError(extra, module) from error


@contextmanager
def imports_of_a_job() -> Iterator[None]:
    """Context of the imports of a program in jobs/. Reports a missing extra and exits."""
    # apache_beam, which PyFlink imports, uses it. The user can do nothing about it.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    try:
        with imports_of(JOBS):
            yield
    except MissingExtraError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_STARTED)
