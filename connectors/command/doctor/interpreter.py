"""The Python that the command runs in, which is to be like that of the workers. Pure."""

from __future__ import annotations

from typing import Sequence

from connectors.command.doctor.line import Line, green, red

OLDEST, NEWEST = (3, 9), (3, 11)
"""pyproject.toml; PyFlink 1.20 has no wheels for newer ones."""


def interpreter_line(version: Sequence[int]) -> Line:
    """`version`: such as (3, 11, 4)."""
    shown = ".".join(map(str, version))
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return green("python", f"{shown}; the workers need 3.9 to 3.11 too, with the same packages")
    return red("python", f"{shown}: PyFlink 1.20 runs on 3.9 to 3.11. Install the project into one of these")
