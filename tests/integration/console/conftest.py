"""A console."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from tests.harness.console import Migration, RunningConsole


@pytest.fixture
def migration(tmp_path: Path) -> Migration:
    return Migration(tmp_path)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "state" / "console.json"


@pytest.fixture
def console(migration: Migration, history: Path) -> Iterator[RunningConsole]:
    with RunningConsole(migration, history) as running:
        yield running
