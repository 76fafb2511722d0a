"""A scene for a terminal of 80 columns. Pure: builds what rich draws."""

from __future__ import annotations

from typing import List

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from connectors.base.text import plural
from connectors.command.status.view import WAITING, checkpoint_line, job_line, tables
from local.demo.scene import Scene


def migration(scene: Scene) -> RenderableType:
    parts: List[RenderableType] = [Text()]
    if scene.job is not None and scene.job.tables:
        parts += [tables(scene.job, scene.rates), Text()]
    else:
        parts += [Text(f"  {WAITING}", style="yellow"), Text()]
    parts.append(_facts(scene))
    return Group(*parts)


def _facts(scene: Scene) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", width=13, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("  writes", traffic_line(scene))
    if scene.job is not None:
        style = "" if scene.job.state == "RUNNING" and not scene.job.restarts else "yellow"
        grid.add_row("  job", Text(job_line(scene.job), style=style))
        grid.add_row("  checkpoints", checkpoint_line(scene.job))
    grid.add_row("  Flink UI", Text(scene.address, style="underline"))
    return grid


def traffic_line(scene: Scene) -> str:
    done = plural(scene.traffic.applied, "write")
    if not scene.writing:
        return f"the application has stopped after {done}"
    return f"{done} by the application, {scene.traffic.rate:.0f} per second"
