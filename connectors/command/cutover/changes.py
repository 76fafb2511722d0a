"""Comparing the last changes in the process of the command: no job has to be submitted and to start."""

from __future__ import annotations

from dataclasses import replace

from connectors.check.changes.stored import place_of_changes
from connectors.command.cutover.ports import Say
from connectors.config.settings import Settings


def changes_here(settings: Settings, report: str, say: Say) -> bool:
    """Run a generation after the check at `report`. False if this machine lacks a package for it.

    Raises BrokenChain, TerminalError and TransientError.
    """
    try:
        from connectors.check.changes.follow import Follower
    except ModuleNotFoundError:  # The command alone has no packages of the jobs.
        return False
    check = replace(settings.check, since=report, report=None, follow=False)
    place = place_of_changes(report, None)
    Follower(replace(settings, check=check), report, place, say).once()
    return True
