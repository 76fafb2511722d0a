"""chain.json in a folder or a bucket."""

from __future__ import annotations

from typing import Optional

from connectors.check.changes.chain import BrokenChain, Chain, sealed, unsealed
from connectors.check.report.files import CHAIN
from connectors.check.report.stored import KEY, absolute, stored_lines
from connectors.config.settings import Settings
from connectors.storage.open import open_storage

CHANGES = "changes"
"""Folder of the generations' report, in the place of the full check's report."""


def place_of_changes(since: str, report: Optional[str]) -> str:
    """The place of a generation's report, never that of the full check. `report`: what the user gave."""
    if report and absolute(report) != since:
        return absolute(report)
    return since if since.endswith(f"/{CHANGES}") else f"{since}/{CHANGES}"


def latest_chain(place: str, settings: Settings) -> Optional[Chain]:
    """The chain of the check at a place, with the generations after it that are in its folder `changes`.

    None if the place has no chain. Raises BrokenChain if one is damaged.
    """
    full, later = chain_at(place, settings), chain_at(f"{place}/{CHANGES}", settings)
    if full is None or later is None:
        return full
    return later if later.root == full.root and later.last.generation > full.last.generation else full


def latest_of(place: str, settings: Settings) -> Chain:
    """As `latest_chain`. Raises BrokenChain if there is none."""
    chain = latest_chain(place, settings)
    if chain is None:
        raise BrokenChain(
            f"{place} has no {CHAIN}: a check of all items in the forward direction writes it when it ends, "
            f"and the cut-over writes it for the way back"
        )
    return chain


def end_chain(place: str, settings: Settings) -> None:
    """Delete the chain of a place: from now on others than the forward job write to the target. Raises
    TerminalError or TransientError."""
    for each in (f"{place}/{CHANGES}", place):
        if next(stored_lines(each, CHAIN, settings), None) is not None:
            open_storage(each, KEY, settings).delete(CHAIN)


def turn_chain(place: str, chain: Chain, settings: Settings) -> None:
    """Replace the chain of a place by the one of the way back. Raises TerminalError or TransientError."""
    end_chain(place, settings)
    open_storage(place, KEY, settings).write(CHAIN, [sealed(chain)])


def chain_at(place: str, settings: Settings) -> Optional[Chain]:
    body = b"".join(stored_lines(place, CHAIN, settings))
    return unsealed(body, f"{place}/{CHAIN}") if body else None
