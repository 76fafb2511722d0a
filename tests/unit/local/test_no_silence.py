"""The commands of the local stack say that they work."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Callable, Iterator, List

import pytest

import local.__main__ as stack
import local.traffic.__main__ as traffic


@contextmanager
def beating(beat: Callable[[float], None], every: float = 4.0) -> Iterator[None]:
    yield
    beat(5.0)


@pytest.fixture(autouse=True)
def beats(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stack, traffic):
        monkeypatch.setattr(module, "heartbeat", beating)


def test_make_up_says_at_once_what_it_does_and_then_how_long_it_has_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    up = SimpleNamespace(up=lambda say: say("the source is ready"))
    monkeypatch.setattr(stack, "Stack", lambda *_, **__: up)
    monkeypatch.setattr("local.stack.description.save", lambda _: None)
    monkeypatch.setattr("local.stack.description.text", lambda _: "the addresses")
    assert stack._up(stack._parser().parse_args(["up"])) == 0
    assert capsys.readouterr().out.splitlines() == [
        "starting the servers of the local stack; this takes half a minute",
        "the source is ready",
        "  5 s so far",
        "the addresses",
    ]


def test_make_down_says_that_it_ends_processes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stack, "down", lambda _: 7)
    monkeypatch.setattr("local.stack.description.forget", lambda _: None)
    assert stack._down(SimpleNamespace()) == 0  # type: ignore[arg-type]
    assert "  ending its processes, 5 s so far" in capsys.readouterr().out


def test_loading_says_how_many_items_are_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(client: Any, plan: Any, ledger: Any, threads: int, tell: Callable[[int], None]) -> Any:
        tell(1234)
        return SimpleNamespace(items=20_000, seconds=2.0)

    monkeypatch.setattr(traffic, "load", load)
    monkeypatch.setattr("local.traffic.__main__.Ledger.open", lambda *_: None)
    plan, given = SimpleNamespace(items=20_000), SimpleNamespace(ledger="", threads=1)
    traffic._load(None, plan, given)  # type: ignore[arg-type]
    lines: List[str] = capsys.readouterr().out.splitlines()
    assert lines[0] == "  1,234 of 20,000 items"
