"""The Makefile's recipes, as text."""

from __future__ import annotations

from pathlib import Path

TEXT = (Path(__file__).parents[3] / "Makefile").read_text(encoding="utf-8")
COMMANDS = [line for line in TEXT.replace("\\\n", " ").splitlines() if line.startswith("\t")]
"""Each is one call of the shell."""


def test_no_installation_is_silent() -> None:
    installing = [command for command in COMMANDS if "pip install" in command]
    assert len(installing) >= 3
    assert all("$(call beating," in command for command in installing)
