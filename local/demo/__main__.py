"""python -m local.demo [--reverse] [ITEMS]

Exit code: 0 if both sides are equal, 1 if they differ, 2 if the demo or its comparison failed.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any, List, Optional

from connectors.base.errors import PolarshakeError
from local.demo.rollback import RollbackDemo
from local.demo.screen import screen
from local.demo.servers import LOGS
from local.demo.story import Demo
from local.stack.errors import StackError
from local.stack.whole import TARGETS
from local.traffic import CallError, LedgerError

EQUAL, DIFFERENT, NOT_RUN = 0, 1, 2
LEAST, MOST = 1, 10_000_000


def main(argv: Optional[List[str]] = None) -> int:
    given = _arguments(argv)
    for name in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) is not signal.SIG_IGN:  # `nohup make demo` outlives its terminal
            signal.signal(name, _interrupt)
    try:
        demo = RollbackDemo if given.reverse else Demo
        return EQUAL if demo(given.items, screen(), given.target).run() else DIFFERENT
    except (StackError, PolarshakeError, CallError, LedgerError, TimeoutError, OSError) as error:
        print(f"\nthe demo failed: {error}\nServer logs: {LOGS}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ninterrupted; all servers have ended", file=sys.stderr)
    return NOT_RUN


def _arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.demo", description="Run a migration and compare both sides."
    )
    parser.add_argument("items", nargs="?", type=_items, default=20_000, help="default: %(default)s")
    parser.add_argument("--target", choices=sorted(TARGETS), default="polardb", help="default: %(default)s")
    parser.add_argument(
        "--reverse", action="store_true", help="then run the reverse job: DynamoDB follows writes to PolarDB"
    )
    given = parser.parse_args(argv)
    if given.reverse and given.target != "polardb":
        parser.error("--reverse requires --target polardb: only PolarDB has a reverse job")
    return given


def _items(text: str) -> int:
    number = int(text.replace(",", "").replace("_", ""))
    if not LEAST <= number <= MOST:
        raise argparse.ArgumentTypeError(f"must be between {LEAST:,} and {MOST:,}, not {text}")
    return number


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
