"""Commands to the running forward job, as `polarshake table` gives them."""

from __future__ import annotations

import shlex
from typing import Optional, Sequence

from connectors.command.cutover.ports import Say, TableControl
from connectors.command.table.command import command_of
from connectors.command.table.placing import AnsweringPlace, place_and_wait
from connectors.model.commands import Action, CommandAnswer

ANSWER_SECONDS = 60.0


class PlacedCommands(TableControl):
    def __init__(self, place: AnsweringPlace, say: Say) -> None:
        self._place, self._say = place, say

    def hand_over(self, tables: Sequence[str]) -> Optional[CommandAnswer]:
        line = shlex.join(["polarshake", "cutover", "--tables", ",".join(tables)])
        return self._give(Action.HAND_OVER, tables, line)

    def take_back(self, tables: Sequence[str]) -> Optional[CommandAnswer]:
        return self._give(Action.RESUME, tables, "polarshake rollback")

    def _give(self, action: Action, tables: Sequence[str], line: str) -> Optional[CommandAnswer]:
        command = command_of(action, list(tables), line)
        return place_and_wait(self._place, command, ANSWER_SECONDS, self._say)
