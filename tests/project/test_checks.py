"""Lint, types and documentation, as tests, which run in parallel with the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

from local.stack.home import PROJECT

BIN = Path(sys.executable).parent
DOCS = PROJECT / ".venv-docs" / "bin" / "sphinx-build"


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


@pytest.mark.skipif(not DOCS.exists(), reason="`make docs` installs what builds the documentation")
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    """A dead link, or a page without a place in docs/index.md, is one."""
    options = ("-q", "-W", "--keep-going", "-E", "-c", "docs/site", "-d", tmp_path / "doctrees")
    passes(DOCS, *options, ".", tmp_path / "site")
