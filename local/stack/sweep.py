"""End all processes of a home by its records and marks alone, even after its starter was killed."""

from __future__ import annotations

from typing import Dict, List

import psutil

from local.stack.home import Home
from local.stack.process import end, family, load, marked


def running(home: Home) -> List[psutil.Process]:
    """All processes of this home, including those without a record."""
    known: Dict[int, psutil.Process] = {}
    for path in home.run.glob("*.json"):
        record = load(path)
        leader = record.process() if record else None
        known.update({process.pid: process for process in (family(leader) if leader else [])})
    known.update({process.pid: process for process in marked(lambda mark: _is_of(home, mark))})
    return list(known.values())


def sweep(home: Home) -> None:
    """Stop the servers newest first, each in its own way, then end whatever is left."""
    everything = running(home)
    records = [(path, load(path)) for path in home.run.glob("*.json")]
    for path, record in sorted(records, key=lambda each: each[1].started if each[1] else 0.0, reverse=True):
        leader = record.process() if record else None
        if record and leader:
            end([leader], record.stop_signal, record.grace)
        path.unlink(missing_ok=True)  # the thread that starts servers may also end one
    end(everything)
    # A server that is ending may have started a process after the listing.
    end(marked(lambda mark: _is_of(home, mark)))


def _is_of(home: Home, mark: str) -> bool:
    return mark.startswith(f"{home.root}/")
