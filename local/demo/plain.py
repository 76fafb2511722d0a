"""A scene as lines of text, for output without a terminal. Pure."""

from __future__ import annotations

from typing import List

from connectors.command.status import plain
from connectors.command.status.view import WAITING
from local.demo.scene import Scene
from local.demo.view import traffic_line


def lines(scene: Scene) -> List[str]:
    if scene.job is None or not scene.job.tables:
        return [WAITING]
    return [*plain.lines(scene.job, scene.rates), f"  {traffic_line(scene)}"]
