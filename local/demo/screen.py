"""The output of the demo: a terminal that is redrawn, or plain lines."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Callable, Iterator, Optional

from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration
from local.demo import plain, view
from local.demo.scene import Scene

EVERY = 4.0
"""Seconds between two reports without a terminal."""
NAME, WIDTH = 10, 80

Tell = Callable[[int], None]
Show = Callable[[Scene], None]


class Screen:
    """Base of both outputs. Each completed step prints a line."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, name: str, doing: str) -> Iterator[Step]:
        """Show `doing` while the step runs, then `Step.did` and the duration."""
        step = Step(doing)
        with self._busy(f"{name:<{NAME}}{doing}"):
            yield step
        self.done(name, step.did, step.seconds)

    @contextmanager
    def loading(self, name: str, total: int) -> Iterator[Tell]:
        raise NotImplementedError

    @contextmanager
    def migration(self) -> Iterator[Show]:
        raise NotImplementedError

    def done(self, name: str, what: str, seconds: Optional[float] = None) -> None:
        line = Text(f"✓ {name:<{NAME}}{what}")
        line.stylize("green", 0, 2 + len(name))
        if seconds is not None:
            line.append(f"  {duration(seconds)}", style="dim")
        self.console.print(line, soft_wrap=True)

    def verdict(self, equal: bool, seconds: str) -> None:
        word, style = ("EQUAL", "bold green") if equal else ("NOT EQUAL", "bold red")
        line = Text("  ").append(word, style=style)
        what = ": source and target contain the same items" if equal else ": the differences are listed above"
        self.console.print(line.append(f"{what}. {seconds}"), soft_wrap=True)

    @contextmanager
    def _busy(self, text: str) -> Iterator[None]:
        raise NotImplementedError


class Step:
    """A running step. `did` is the text printed when it is complete."""

    def __init__(self, doing: str) -> None:
        self.did, self._started = doing, time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started


class Terminal(Screen):
    @contextmanager
    def loading(self, name: str, total: int) -> Iterator[Tell]:
        columns = (
            SpinnerColumn(),
            TextColumn(f"{name:<{NAME - 1}}"),
            BarColumn(30),
            MofNCompleteColumn(),
            TextColumn("items"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(name, total=total)
            yield lambda count: progress.update(task, completed=count)

    @contextmanager
    def migration(self) -> Iterator[Show]:
        with Live(console=self.console, refresh_per_second=4) as live:
            yield lambda scene: live.update(view.migration(scene))
        self.console.print()

    @contextmanager
    def _busy(self, text: str) -> Iterator[None]:
        with self.console.status(text):
            yield


class Lines(Screen):
    @contextmanager
    def loading(self, name: str, total: int) -> Iterator[Tell]:
        yield _seldom(lambda count: self.console.print(f"  {name:<{NAME}}{count:,} of {total:,} items"))

    @contextmanager
    def migration(self) -> Iterator[Show]:
        yield _seldom(lambda scene: self.console.print("\n".join(plain.lines(scene)), soft_wrap=True))

    @contextmanager
    def _busy(self, text: str) -> Iterator[None]:
        self.console.print(f"  {text} ..", soft_wrap=True)
        with heartbeat(
            lambda seconds: self.console.print(f"  {'':<{NAME}}{duration(seconds)} so far"), EVERY
        ):
            yield


def _seldom(show: Callable[..., None]) -> Callable[..., None]:
    due = time.monotonic() + EVERY

    def shown(what: object) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + EVERY
            show(what)

    return shown


def screen() -> Screen:
    console = Console(highlight=False)
    if not console.is_terminal:
        return Lines(console)
    return Terminal(Console(highlight=False, width=min(WIDTH, console.width)))
