"""Texts about a command that was placed. Pure."""

from __future__ import annotations

from typing import List, Optional

from connectors.base.text import duration, timestamp
from connectors.model.commands import CommandAnswer, PlaceReader
from connectors.model.jobs import OK, PROBLEM, UNKNOWN


def exit_code(answer: Optional[CommandAnswer]) -> int:
    if answer is None:
        return UNKNOWN
    return OK if answer.followed else PROBLEM


def answer_lines(answer: CommandAnswer) -> List[str]:
    lines = [
        f"{'done' if table_answer.followed else 'REFUSED'}: {table_answer.text}"
        for table_answer in answer.answers
    ]
    return lines or ["REFUSED: the command names no table"]


def waiting_line(waited: float, patience: float) -> str:
    return f"waiting for the job's answer: {duration(waited)} of at most {duration(patience)}"


def silent_lines(patience: float, place: str, file: str, reader: Optional[PlaceReader]) -> List[str]:
    """The job has not answered."""
    if reader is None:
        who = f"No forward job has ever read {place}: does control.path name the same place for it?"
    else:
        who = (
            f"A forward job reads {place} since {timestamp(reader.at)}, from {reader.host}: "
            "polarshake status shows whether it still runs."
        )
    return [
        f"UNKNOWN: no answer within {duration(patience)}. {who}",
        f"The job follows the command when it reads it. To withdraw it before that, delete {file}",
    ]
