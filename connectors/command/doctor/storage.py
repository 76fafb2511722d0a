"""The lines about durable places: those of the dead letters and of the check's report."""

from __future__ import annotations

import os
from typing import Callable, Dict, Iterator

from connectors.base.errors import PolarshakeError
from connectors.check.report.stored import place_of
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.config import Settings
from connectors.config.places import is_s3
from connectors.storage.contract import Storage
from connectors.storage.open import open_storage
from connectors.storage.probe import probe

Opener = Callable[[str, str, Settings], Storage]


def storage_lines(settings: Settings, job: str, open_: Opener = open_storage) -> Iterator[Line]:
    """The lines. A probe is written, read and deleted in each place, from this machine. A folder is not
    created."""
    places: Dict[str, str] = {}
    if settings.dead_letter.path:
        places["deadLetter.path"] = settings.dead_letter.path
    if job == "check":
        places["check.report"] = place_of(settings)
    if job == "reverse" and settings.reverse.record:
        places["reverse.record"] = settings.reverse.record
    for key, place in places.items():
        yield _line(key, place, settings, open_)


def _line(key: str, place: str, settings: Settings, open_: Opener) -> Line:
    if not is_s3(place) and not os.path.isdir(place):
        return yellow(
            "storage",
            f"{key}: {place} does not exist on this machine. A worker creates it and tries it before its "
            f"first write",
        )
    try:
        probe(open_(place, key, settings), key)
    except PolarshakeError as error:
        return red("storage", str(error))
    except ModuleNotFoundError as error:
        return yellow("storage", f"{key}: not checked: the Python module {error.name} is not installed here")
    return green("storage", f"{key}: {place} was written, read and deleted from on this machine")
