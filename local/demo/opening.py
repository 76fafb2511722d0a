"""The start of both demos: start the servers and load items into the source."""

from __future__ import annotations

from typing import List, NamedTuple

from local.demo import servers as local_servers
from local.demo.console import start_console
from local.demo.screen import NAME, Screen
from local.demo.servers import Servers
from local.stack.home import Home, free_port
from local.stack.source import ACCESS_KEY, SECRET_KEY
from local.traffic import Client, Ledger, Plan, create_tables, load
from local.verify.side import Target

THREADS = 4


class Play(NamedTuple):
    """The running servers, and clients of both sides. `ledger` is a file."""

    servers: Servers
    source: Client
    target: Target
    plan: Plan
    ledger: str

    @property
    def tables(self) -> List[str]:
        return [table.name for table in self.plan.all_tables]


def opened(home: Home, plan: Plan, screen: Screen, target: str) -> Play:
    """Start all servers. Items are loaded as soon as the source is ready, while the others start."""
    servers = local_servers.servers(home, target)
    port = free_port()
    screen.console.print(f"  {'console':<{NAME}}http://127.0.0.1:{port}/", soft_wrap=True)
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    source = Client.from_environment(servers.source.address, keys)
    play = Play(servers, source, servers.target.reader(), plan, str(home.data / "ledger.jsonl"))
    with local_servers.starting(servers) as started:
        with screen.step("source", "starting a DynamoDB server") as step:
            started.wait_source()
            start_console(servers, port)  # a stack starts only if none of its processes is running
            step.did = f"{type(servers.source).__name__} at {servers.source.address}"
        if servers.source.note:
            screen.console.print(f"  {servers.source.note}")
        _load(play, screen)
        with screen.step("target", servers.target.starting) as step:
            started.wait_all()
            step.did = f"{servers.target.name} at {servers.target.address}"
    return play


def _load(play: Play, screen: Screen) -> None:
    # Without streams, as in most applications: the job enables them.
    create_tables(play.source, play.plan, stream=False)
    ledger = Ledger.open(play.ledger, play.plan)
    try:
        with screen.loading("load", play.plan.items) as tell:
            loaded = load(play.source, play.plan, ledger, THREADS, tell)
    finally:
        ledger.close()
    rate = loaded.items / loaded.seconds if loaded.seconds else 0.0
    names = ", ".join(play.tables)
    screen.done("load", f"{loaded.items:,} items into {names}, {rate:,.0f}/s", loaded.seconds)
