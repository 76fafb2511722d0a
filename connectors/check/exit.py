"""The end of a check for the user: the verdict on the terminal, and an exit code."""

from __future__ import annotations

import sys

import msgspec

from connectors.base.errors import PolarshakeError
from connectors.check.report.examples import Examples, choose
from connectors.check.report.order import LINES, detailed
from connectors.check.report.stored import stored_differences
from connectors.check.report.summary import Summary, exit_code
from connectors.check.report.text import PER_KIND, text_of
from connectors.config.settings import Settings

_decode = msgspec.json.Decoder(Summary).decode


def show(word: str, place: str, settings: Settings) -> int:
    """Print the verdict. Returns 0 equal, 1 differences, 2 could not check. `word`: contents of summary.json.

    Examples are printed if this program can read the report that a worker has written.
    """
    summary = _decode(word)
    print(text_of(summary, _examples(summary, place, settings), place), end="", flush=True)
    return exit_code(summary)


def _examples(summary: Summary, place: str, settings: Settings) -> Examples:
    try:
        return choose(stored_differences(place, settings), PER_KIND, detailed(summary.tables, LINES))
    except PolarshakeError as error:
        print(f"examples cannot be shown here: {error}", file=sys.stderr)
    except ModuleNotFoundError:  # Only the workers have botocore.
        pass
    return choose([], PER_KIND)
