"""The Makefile's recipes, as text."""

from __future__ import annotations

from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[3] / "Makefile").read_text(encoding="utf-8")
COMMANDS = [line for line in TEXT.replace("\\\n", " ").splitlines() if line.startswith("\t")]
"""Each is one call of the shell."""


SLOW = ("pip install", "sphinx-build", "/mypy", "$(LOCK) ", "tests.harness.screenshots", "deploy.vvr")
"""Parts of commands that take long and print nothing meanwhile."""


@pytest.mark.parametrize("part", SLOW)
def test_a_command_that_takes_long_is_not_silent(part: str) -> None:
    slow = [command for command in COMMANDS if part in command]
    assert slow
    assert all("$(call beating," in command for command in slow)


def test_a_line_comes_within_five_seconds_even_if_it_is_late() -> None:
    assert "while sleep 4; do echo" in TEXT
