"""Runs the server and the polling threads until the process is interrupted."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Callable

import msgspec
from aiohttp import web

from connectors.base.errors import TerminalError
from connectors.command.console.address import HOST
from connectors.command.console.collect import Collector
from connectors.command.console.document import ConsoleDocument
from connectors.command.console.feed import DocumentFeed, Repeater
from connectors.command.console.gates import GateSource, GatesView
from connectors.command.console.server import Console

EVERY = 2.0
"""Seconds between two polls of Flink, as in `polarshake status --watch`."""
GATES_EVERY = 10.0
"""Seconds between two dry runs: they read PostgreSQL's log and the report, which may be in a bucket."""
SHUTDOWN_SECONDS = 1.0


async def serve(
    make: Callable[[Callable[[], GatesView]], Collector],
    gates: GateSource,
    port: int,
    end: asyncio.Event,
    started: Callable[[str], None],
    every: float = EVERY,
    gates_every: float = GATES_EVERY,
) -> None:
    """Serve until `end` is set.

    `make` gets a function that returns the latest gates. `started` gets the address. Raises TerminalError if
    the port is not free.
    """
    loop, feed = asyncio.get_running_loop(), DocumentFeed()
    runner = web.AppRunner(
        Console(feed, gates.report).application(), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
    )
    await runner.setup()
    address = await _listen(runner, port)

    def publish(document: ConsoleDocument) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(feed.publish, msgspec.json.encode(document))

    dry_runs = Repeater(
        gates.look,
        GatesView(note="being verified"),
        gates_every,
        lambda error: GatesView(note=f"the console has failed: {error!r}"),
    )
    collector = make(dry_runs.latest)

    def broken(error: Exception) -> ConsoleDocument:
        return collector.with_problem(f"the console has failed: {error!r}")

    polls = Repeater(lambda: publish(collector.poll()), None, every, lambda error: publish(broken(error)))
    started(address)
    dry_runs.start()
    polls.start()
    await end.wait()
    polls.stop()
    dry_runs.stop()
    feed.close()
    await runner.cleanup()


async def _listen(runner: web.AppRunner, port: int) -> str:
    site = web.TCPSite(runner, HOST, port)
    try:
        await site.start()
    except OSError as error:
        raise TerminalError(
            f"port {port} of {HOST} cannot be used: {error.strerror}. Name another with --port; 0 takes any"
        ) from error
    return f"http://{HOST}:{runner.addresses[0][1]}/"
