"""Helper processes of a run: started with a first line to read, ended for certain."""

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
    """A module of this package with a pipe to and from it."""

    def __init__(self, command: List[str]) -> None:
        self._child: subprocess.Popen[str] = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=PROJECT
        )
        self._out: Any = self._child.stdout
        self._in: Any = self._child.stdin

    def line(self) -> str:
        """The next line it prints. Raises RuntimeError when it ends instead."""
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
