"""The store of dead letters, from the settings: the same for every job that writes items."""

from __future__ import annotations

from connectors.config.settings import Settings
from connectors.model.dead_letters import DeadLetters, FileDeadLetters, NoDeadLetters


def dead_letters(settings: Settings) -> DeadLetters:
    path = settings.dead_letter.path
    return FileDeadLetters(path) if path else NoDeadLetters()
