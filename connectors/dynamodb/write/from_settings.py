"""The store of dead letters, from the settings: the same for every job that writes items."""

from __future__ import annotations

import os
from typing import Callable, Tuple

from connectors.base.errors import PolarshakeError
from connectors.config.places import is_s3
from connectors.config.settings import Settings
from connectors.model.dead_letters import STEM, DeadLetters, NoDeadLetters, StoredDeadLetters
from connectors.model.jobs import OK, REJECTED, UNKNOWN
from connectors.model.letter_count import count_letters, words
from connectors.storage.open import open_storage
from connectors.storage.probe import probe


def dead_letters(settings: Settings, otherwise: Callable[[], DeadLetters] = NoDeadLetters) -> DeadLetters:
    """The store of this worker process, after a test of its place. Call it before the first write.

    `otherwise`: creates the store if no place is set. Raises PreflightError or TransientError.
    """
    path = settings.dead_letter.path
    if not path:
        return otherwise()
    storage = open_storage(path, "deadLetter.path", settings)
    probe(storage, "deadLetter.path")
    return StoredDeadLetters(storage)


def letters_left(settings: Settings, since: float) -> Tuple[int, str]:
    """The exit code of a job with an end, and its last sentence, which may be empty.

    `since`: when this run began, in epoch seconds. The place is read from this machine, and nothing is
    created.
    """
    path = settings.dead_letter.path
    if not path:
        return OK, ""  # the first rejected item would have stopped the job
    if not is_s3(path) and not os.path.isdir(path):
        return OK, (
            "Whether the target rejected items cannot be seen from this machine: "
            f"{path} does not exist here. "
            f"Look on the workers for files in it whose names begin with {STEM}"
        )
    try:
        counts = count_letters(open_storage(path, "deadLetter.path", settings), since)
    except PolarshakeError as error:
        return UNKNOWN, f"Whether the target rejected items cannot be seen from this machine: {error}"
    return (REJECTED if counts else OK), words(counts, path)
