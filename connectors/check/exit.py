"""The end of a check for the user: the verdict on the terminal, and an exit code."""

from __future__ import annotations

from pathlib import Path

import msgspec

from connectors.check.report.examples import choose
from connectors.check.report.files import DIFFERENCES, read
from connectors.check.report.summary import Summary, exit_code
from connectors.check.report.text import PER_KIND, text_of

_decode = msgspec.json.Decoder(Summary).decode


def show(word: str, folder: str) -> int:
    """Print the verdict. Returns 0 equal, 1 differences, 2 could not check. `word`: contents of summary.json.

    Examples are printed if this program can read the folder to which the workers write.
    """
    summary = _decode(word)
    examples = choose(read(Path(folder) / DIFFERENCES), PER_KIND)
    print(text_of(summary, examples, folder), end="", flush=True)
    return exit_code(summary)
