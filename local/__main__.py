"""`python -m local up | down | status`: the local stack; `make` calls it."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial

from connectors.base.heartbeat import heartbeat
from connectors.base.text import duration
from local.stack import description
from local.stack.errors import StackError
from local.stack.flink.config import Sizes
from local.stack.sweep import running
from local.stack.whole import HOME, PARTS, TARGETS, Stack, down


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1


def _up(arguments: argparse.Namespace) -> int:
    sizes = Sizes(taskmanagers=arguments.taskmanagers, slots=arguments.slots)
    without = [*arguments.without, *TARGETS[arguments.target]]
    stack = Stack(HOME, without=without, sizes=sizes)
    print("starting the servers of the local stack; this takes half a minute", flush=True)
    with heartbeat(lambda seconds: print(f"  {duration(seconds)} so far", flush=True)):
        stack.up(partial(print, flush=True))
    description.save(stack)
    print(description.text(HOME))
    return 0


def _down(_: argparse.Namespace) -> int:
    print("stopping the local stack", flush=True)
    with heartbeat(lambda seconds: print(f"  ending its processes, {duration(seconds)} so far", flush=True)):
        count = down(HOME)
    description.forget(HOME)
    print(
        f"the local stack has stopped: {count} processes ended"
        if count
        else "the local stack was not running"
    )
    return 0


def _status(_: argparse.Namespace) -> int:
    """Exit code 1 when the stack is not running."""
    processes = running(HOME)
    if not processes or not description.stack_file(HOME).exists():
        print(f"the local stack is not running; {len(processes)} of its processes remain")
        return 1
    print(description.text(HOME))
    print(f"  {len(processes)} processes")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local", description="Start, stop or show the local stack."
    )
    commands = parser.add_subparsers(required=True, dest="command")
    up = commands.add_parser("up", help="start all servers with empty data and print their addresses")
    up.add_argument("--without", action="append", default=[], choices=PARTS, help="do not start this server")
    up.add_argument("--target", choices=sorted(TARGETS), default="polardb", help="default: %(default)s")
    up.add_argument("--taskmanagers", type=int, default=int(os.environ.get("TASKMANAGERS", "1")))
    up.add_argument(
        "--slots", type=int, default=int(os.environ.get("SLOTS", "4")), help="task slots per TaskManager"
    )
    up.set_defaults(run=_up)
    commands.add_parser("down", help="end all processes of the stack").set_defaults(run=_down)
    commands.add_parser("status", help="show what runs, and where").set_defaults(run=_status)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
