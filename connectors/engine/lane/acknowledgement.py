"""A lane's word that a mark is durable, as one of the job's notices. Pure."""

from __future__ import annotations

from typing import NamedTuple, Optional

from connectors.model.records import Mark

_KIND = "durable"


class Acknowledged(NamedTuple):
    lane: int
    mark: Mark


def acknowledgement(lane: int, mark: Mark) -> str:
    return f"{_KIND} {lane} {mark.slot} {mark.session} {mark.serial} {mark.lsn}"


def acknowledged(notice: str) -> Optional[Acknowledged]:
    """None for another kind of notice."""
    words = notice.split(" ")
    if words[0] != _KIND:
        return None
    _, lane, slot, session, serial, lsn = words
    return Acknowledged(int(lane), Mark(slot, session, int(serial), int(lsn)))
