"""The list of a job's runs, which decides which savepoints may be restored. Pure.

Each start of the enumerator is a run. A run begins with the state of the run before, as it was at some moment
(a tick). What that run did after that moment is undone by replaying.

A state that was saved after such a moment must never be restored: its positions pass changes that the replay
has undone at the target. Flink cannot know that, because each savepoint by itself is valid. The list (the
"line") shows which states must not be restored:

1. The line holds the runs in their order, each with the tick at which the next one took over.
2. A run may continue from a state of a run in the line that was not saved after that tick.
3. It is then added after that run; the runs that followed it are removed.
"""

from __future__ import annotations

from typing import List, Optional

import msgspec

from connectors.base.errors import TerminalError

MOST_RUNS = 500
"""The line forgets older runs: their states are too old for the stream's 24 hours."""


class SavedRun(msgspec.Struct, frozen=True, array_like=True):
    """The run that saved a state, and when."""

    run: str
    tick: int


class RunInLine(msgspec.Struct, frozen=True, array_like=True):
    run: str
    left_at: Optional[int] = None
    """The tick of the state from which the next run continued; None for the last run."""


Line = List[RunInLine]
encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Line).decode


def continued(line: Line, saved: SavedRun, run: str) -> Line:
    """The line with `run`, which starts from the state of `saved` (empty: from none). Raises TerminalError if
    that state must not be restored. An empty line refuses nothing."""
    if not saved.run or not line:
        return [RunInLine(run)]
    place = next((at for at, entry in enumerate(line) if entry.run == saved.run), None)
    left_at = line[place].left_at if place is not None else None
    if place is None or (left_at is not None and saved.tick > left_at):
        raise TerminalError(
            "this savepoint or checkpoint was made after one that has been restored since. It must not be "
            "used: the job has written older values to the target meanwhile, and would not repeat the newer "
            "ones. Resume from the newest savepoint or checkpoint of the last run, or start the job without "
            "one: it then copies the tables again."
        )
    return [*line[:place], RunInLine(saved.run, saved.tick), RunInLine(run)][-MOST_RUNS:]
