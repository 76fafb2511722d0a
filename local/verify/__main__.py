"""python -m local.verify --source URL --target URL [--tables ...] | --target URL --ledger FILE"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import Dict, Iterator, List, Optional

import msgspec

from local.traffic.client import CallError, Client
from local.traffic.ledger import LedgerError
from local.verify import check, compare_until_equal

EVERY = 4.0
"""Seconds between two lines while it compares."""


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.verify",
        description="Compare every item of two DynamoDB endpoints. Credentials come from AWS_ACCESS_KEY_ID "
        "and AWS_SECRET_ACCESS_KEY; TARGET_ACCESS_KEY_ID and TARGET_SECRET_ACCESS_KEY if the target's "
        "differ. Exit code: 0 if the sides are equal, 1 if they differ, 2 if the comparison failed.",
    )
    parser.add_argument("--target", required=True, help="URL of the side under test")
    parser.add_argument("--source", help="URL of the side to compare with")
    parser.add_argument("--ledger", help="the traffic's ledger, to compare with")
    parser.add_argument("--tables", nargs="+", help="tables to compare (default: all tables of the source)")
    parser.add_argument(
        "--wait",
        type=float,
        default=0.0,
        help="repeat the comparison for at most this many seconds until equal",
    )
    return parser


def main(argv: Optional[List[str]] = None) -> int:
    parser = arguments()
    args = parser.parse_args(argv)
    if not args.source and not args.ledger:
        parser.error("--source, --ledger or both are required")
    try:
        target = Client.from_environment(args.target, _target_environment())
        source = Client.from_environment(args.source) if args.source else None
    except KeyError as error:
        parser.error(f"the environment variable {error} is not set")
    verdicts = []
    try:
        with _progress():
            if source:
                verdicts.append(compare_until_equal(source, target, args.tables, args.wait))
            if args.ledger:
                verdicts.append(check(target, args.ledger, args.tables))
    except (CallError, LedgerError, OSError, msgspec.DecodeError) as error:
        print(f"cannot compare: {error}", file=sys.stderr)
        return 2
    print("\n".join(map(str, verdicts)))
    return 0 if all(verdict.equal for verdict in verdicts) else 1


@contextmanager
def _progress() -> Iterator[None]:
    """A line every few seconds. The product's own is not used: no code is shared with it."""
    end, began = threading.Event(), time.monotonic()

    def tell() -> None:
        while not end.wait(EVERY):
            print(f"comparing, {time.monotonic() - began:.0f} s so far", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _target_environment() -> Dict[str, str]:
    env = dict(os.environ)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        if f"TARGET_{name}" in env:
            env[f"AWS_{name}"] = env[f"TARGET_{name}"]
            env.pop("AWS_SESSION_TOKEN", None)
    return env


if __name__ == "__main__":
    sys.exit(main())
