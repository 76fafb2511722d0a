"""Each job's databases, opened for a look."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import Callable, Dict, List, NamedTuple

from connectors.check import before as before_check
from connectors.command.doctor.check import check_lines, check_lines_of_mongodb
from connectors.command.doctor.forward import forward_lines
from connectors.command.doctor.line import Line
from connectors.command.doctor.postgres import PostgresDatabase
from connectors.command.doctor.reverse import reverse_lines
from connectors.config import Settings
from connectors.forward import before as before_forward
from connectors.forward.clients import refuse_same_server, source_client, target_client
from connectors.reverse import before as before_reverse


class Look(NamedTuple):
    require: Callable[[Settings], None]
    """Raises ConfigError for what is not set."""
    lines: Callable[[Settings, float, int], List[Line]]
    """Settings, seconds that a side may take to answer, slots. Raises ConfigError, PolarshakeError."""


def _forward(settings: Settings, seconds: float, slots: int) -> List[Line]:
    with before_forward.open_sides(settings, seconds) as sides:
        return forward_lines(sides, before_forward.wanted_of(settings), settings, slots)


def _check(settings: Settings, seconds: float, slots: int) -> List[Line]:
    if settings.target == "mongodb":
        with ExitStack() as opened:
            source = opened.enter_context(closing(source_client(settings, seconds=seconds)))
            target = opened.enter_context(before_check.look_at_target(settings, seconds))
            return check_lines_of_mongodb(source, target, settings, slots)
    dynamodb, polardb = source_client(settings, seconds=seconds), target_client(settings, seconds=seconds)
    with closing(dynamodb), closing(polardb):
        refuse_same_server(settings)
        return check_lines(dynamodb, polardb, settings, slots)


def _reverse(settings: Settings, seconds: float, slots: int) -> List[Line]:
    with ExitStack() as opened:
        dynamodb = opened.enter_context(closing(source_client(settings, seconds=seconds)))
        polardb = None
        if settings.polardb.endpoint and settings.polardb.access_key:
            polardb = opened.enter_context(closing(target_client(settings, seconds=seconds)))
        return reverse_lines(PostgresDatabase(settings), dynamodb, polardb, settings)


LOOKS: Dict[str, Look] = {
    "forward": Look(before_forward.require_settings, _forward),
    "check": Look(before_check.require_settings, _check),
    "reverse": Look(before_reverse.require_settings, _reverse),
}
