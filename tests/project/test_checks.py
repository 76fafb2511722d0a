"""Lint and types, as tests, which run in parallel with the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import List

from local.stack.home import PROJECT

BIN = Path(sys.executable).parent


def passes(*command: object) -> None:
    words: List[str] = [str(word) for word in command]
    done = subprocess.run(words, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def test_mypy_finds_nothing() -> None:
    passes(BIN / "mypy")


def test_ruff_finds_nothing() -> None:
    passes(BIN / "ruff", "check", ".")


def test_the_code_is_formatted() -> None:
    passes(BIN / "ruff", "format", "--check", ".")
