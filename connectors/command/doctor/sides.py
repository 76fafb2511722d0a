"""Opens the databases of each job and returns the lines about them."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Callable, Dict, List, NamedTuple

from connectors.check import validate as before_check
from connectors.command.doctor.check import check_lines
from connectors.command.doctor.forward import forward_lines
from connectors.command.doctor.line import Line
from connectors.command.doctor.replication import PostgresDatabase
from connectors.command.doctor.reverse import reverse_lines
from connectors.config import Settings
from connectors.dynamodb.clients import source_client, target_client
from connectors.forward import validate as before_forward
from connectors.reverse import validate as before_reverse
from connectors.targets.open import open_target


class JobExamination(NamedTuple):
    require: Callable[[Settings], None]
    """Raises ConfigError for missing settings."""
    lines: Callable[[Settings, float, int, bool], List[Line]]
    """Takes settings, seconds to wait for a response, task slots, and whether the cut-over is over. Raises
    ConfigError, PolarshakeError."""


def _forward(settings: Settings, seconds: float, slots: int, _: bool) -> List[Line]:
    with before_forward.open_sides(settings, seconds) as sides:
        return forward_lines(sides, before_forward.wanted_of(settings), settings, slots)


def _check(settings: Settings, seconds: float, slots: int, _: bool) -> List[Line]:
    with open_target(settings).check_ends(seconds) as ends:
        return check_lines(ends, settings, slots)


def _reverse(settings: Settings, seconds: float, slots: int, after_cutover: bool) -> List[Line]:
    with ExitStack() as opened:
        dynamodb = opened.enter_context(closing(source_client(settings, seconds=seconds)))
        polardb = None
        if settings.polardb.endpoint and settings.polardb.access_key:
            polardb = opened.enter_context(closing(target_client(settings, seconds=seconds)))
        return reverse_lines(PostgresDatabase(settings), dynamodb, polardb, settings, after_cutover)


EXAMINATIONS: Dict[str, JobExamination] = {
    "forward": JobExamination(before_forward.require_settings, _forward),
    "check": JobExamination(before_check.require_settings, _check),
    "reverse": JobExamination(before_reverse.require_settings, _reverse),
}
