"""python -m local.traffic --endpoint URL [options] create|load|run"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from typing import List, Optional

from connectors.base.heartbeat import heartbeat
from local.traffic import CallError, Client, Ledger, LedgerError, Plan, Traffic, create_tables, load

REPORT_EVERY = 4.0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.traffic",
        description="Create tables, load items, and write traffic. Credentials come from AWS_ACCESS_KEY_ID "
        "and AWS_SECRET_ACCESS_KEY. Use the same plan arguments for all commands of one stack.",
    )
    parser.add_argument("command", choices=("create", "load", "run"))
    parser.add_argument("--endpoint", required=True, help="URL of a DynamoDB endpoint")
    plan = parser.add_argument_group("plan")
    plan.add_argument("--tables", type=int, default=3, help="default: %(default)s")
    plan.add_argument(
        "--items", type=int, default=100_000, help="number of items in all tables (default: %(default)s)"
    )
    plan.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    plan.add_argument("--large-share", type=float, default=0.0005, help="share of items of 50 to 400 KB")
    plan.add_argument("--nul", action="store_true", help="generate strings with NUL characters")
    plan.add_argument("--guide", action="store_true", help="also the migration guide's table src1")
    plan.add_argument("--prefix", default="", help="prefix of the table names")
    parser.add_argument("--no-stream", action="store_true", help="create: do not enable streams")
    parser.add_argument("--threads", type=int, default=4, help="load: connections (default: %(default)s)")
    parser.add_argument(
        "--rate", type=float, default=200, help="run: writes per second (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, help="run: duration; default: until SIGTERM")
    parser.add_argument("--ledger", help="load, run: file to which all writes are appended")
    return parser


def main(argv: Optional[List[str]] = None) -> int:
    """Exit code: 0 success, 1 a call or the ledger failed, 2 wrong arguments."""
    parser = arguments()
    args = parser.parse_args(argv)
    try:
        plan = Plan(args.tables, args.items, args.seed, args.large_share, args.nul, args.guide, args.prefix)
        client = Client.from_environment(args.endpoint)
    except KeyError as error:
        parser.error(f"the environment variable {error} is not set")
    except ValueError as error:
        parser.error(str(error))
    try:
        {"create": _create, "load": _load, "run": _run}[args.command](client, plan, args)
    except (CallError, LedgerError, TimeoutError) as error:
        print(f"{args.endpoint}: {error}", file=sys.stderr)
        return 1
    return 0


def _create(client: Client, plan: Plan, args: argparse.Namespace) -> None:
    create_tables(client, plan, stream=not args.no_stream)
    print("tables: " + ", ".join(table.name for table in plan.all_tables))


def _load(client: Client, plan: Plan, args: argparse.Namespace) -> None:
    loaded: List[int] = []
    with heartbeat(lambda _: print(f"  {sum(loaded[-1:]):,} of {plan.items:,} items", flush=True)):
        done = load(client, plan, Ledger.open(args.ledger, plan), args.threads, loaded.append)
    print(f"loaded {done.items} items in {done.seconds:.1f} s ({done.items / done.seconds:.0f}/s)")


def _run(client: Client, plan: Plan, args: argparse.Namespace) -> None:
    ledger = Ledger.open(args.ledger, plan)
    ledger.assume_loaded()
    traffic = Traffic(client, plan, ledger, args.rate)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: traffic.request_stop())
    traffic.start()
    deadline = time.monotonic() + args.seconds if args.seconds is not None else float("inf")
    while not traffic.wait(min(REPORT_EVERY, max(0.0, deadline - time.monotonic()))):
        print(traffic.stats().line(), flush=True)
        if time.monotonic() >= deadline:
            break
    print(traffic.stop().line())
    ledger.close()


if __name__ == "__main__":
    sys.exit(main())
