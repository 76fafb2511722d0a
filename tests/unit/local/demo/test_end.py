"""The end of the demo: an address is shown only while its server runs."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from local.demo import story
from local.demo.screen import Lines

FLINK: Any = SimpleNamespace(address="http://127.0.0.1:18081")


@pytest.mark.parametrize("terminal", [True, False])
def test_the_link_is_shown_only_to_a_user_who_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    asked, out = [], io.StringIO()
    screen = Lines(Console(file=out, width=80))
    monkeypatch.setattr(story.sys, "stdin", SimpleNamespace(isatty=lambda: terminal))  # type: ignore[attr-defined]
    monkeypatch.setattr(screen.console, "input", asked.append)
    story.show_end(FLINK, screen)
    assert (FLINK.address in out.getvalue()) is terminal
    assert len(asked) == terminal
