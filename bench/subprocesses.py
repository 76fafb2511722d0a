"""Helper processes of a run. Each prints a first line when it is ready, and is always ended."""

from __future__ import annotations

import contextlib
import select
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator, List

PROJECT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def helper(module: str, *arguments: str) -> Iterator[Helper]:
    child = Helper([sys.executable, "-m", module, *arguments])
    try:
        yield child
    finally:
        child.end()


class Helper:
    """A module of this package as a process, with a pipe in each direction."""

    def __init__(self, command: List[str]) -> None:
        self._child: subprocess.Popen[str] = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=PROJECT
        )
        self._out: Any = self._child.stdout
        self._in: Any = self._child.stdin

    def line(self) -> str:
        """The next line that it prints. Raises RuntimeError if it ends instead."""
        line: str = self._out.readline()
        if not line:
            raise RuntimeError(f"{self._child.args!r} ended with {self._child.wait()}")
        return line.strip()

    def has_line(self) -> bool:
        return bool(select.select([self._out], [], [], 0)[0])

    def tell(self, line: str) -> None:
        self._in.write(line + "\n")

    def end(self) -> None:
        self._child.terminate()
        self._child.wait(timeout=10)
        self._in.close()
        self._out.close()
