"""The number of dead letters of a run, which a job with an end prints last.

The letters are counted in their store. A letter that is stored twice after a restart counts once.
"""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterable, Mapping, Set, Tuple

from connectors.base.text import plural
from connectors.model.dead_letters import STEM
from connectors.model.stored_letters import stored_letters
from connectors.storage.contract import Storage

SKEW_SECONDS = 300.0
"""Maximum seconds by which a worker's clock may be behind the client's. Beyond that, signatures are
refused."""
NAMED = 5
"""Maximum tables that are named with their counts. Further ones are only counted."""


def count_letters(storage: Storage, since: float) -> Dict[str, int]:
    """Number of letters by table, of runs that began at `since` (epoch seconds, this machine's clock) or
    later.

    Raises TransientError or TerminalError if the storage cannot be read.
    """
    lines = (line for name in storage.names(STEM) for line in storage.lines(name))
    return count_lines(lines, since - SKEW_SECONDS)


def count_lines(lines: Iterable[bytes], since: float) -> Dict[str, int]:
    """Number of letters by table with a time of `since` or later. An incomplete line does not count."""
    seen: Set[Tuple[str, bytes]] = set()
    for letter in stored_letters(lines):
        if letter.time >= since:
            seen.add((letter.table, letter.identity))
    return dict(sorted(Counter(table for table, _ in seen).items()))


def words(counts: Mapping[str, int], place: str) -> str:
    """A sentence for the end of a run; empty if there are no letters."""
    if not counts:
        return ""
    total = sum(counts.values())
    largest = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    parts = [f"{number:,} of table {table}" for table, number in largest[:NAMED]]
    if len(largest) > NAMED:
        parts.append(f"others of {plural(len(largest) - NAMED, 'more table')}")
    return (
        f"The target rejected {plural(total, 'write')} permanently: {', '.join(parts)}. They are stored with "
        f"the reasons in {place}, in files whose names begin with {STEM}"
    )
