"""`python -m local.standin --port P --dsn postgresql://USER@HOST/`: runs until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from typing import List, Optional

from aiohttp import web

from connectors.base.errors import ConfigError, PreflightError
from connectors.base.secret import Secret
from local.standin import switches
from local.standin.catalog import Catalog
from local.standin.database import check_dsn, open_pool
from local.standin.server import Endpoint, operations_of
from local.standin.signature import Verifier
from local.standin.store import Store


def arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.standin", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0: choose a free port and print it")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--dsn", required=True, help="postgresql://USER@HOST:PORT/; set the password in PGPASSWORD"
    )
    parser.add_argument(
        "--switch", action="append", default=[], metavar="NAME=on|off", help=", ".join(switches.names())
    )
    return parser.parse_args(argv)


def account() -> Verifier:
    """Raises ConfigError."""
    for name in ("STANDIN_ACCESS_KEY", "STANDIN_SECRET_KEY"):
        if not os.environ.get(name):
            raise ConfigError("environment", name, "must be set: clients sign requests with it")
    return Verifier(os.environ["STANDIN_ACCESS_KEY"], Secret(os.environ["STANDIN_SECRET_KEY"]))


async def serve(options: argparse.Namespace) -> None:
    check_dsn(options.dsn)
    verifier, chosen = account(), switches.parse(options.switch)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    pool = await open_pool(options.dsn)
    store = Store(pool)
    catalog = Catalog(store, chosen)
    await catalog.prepare()
    endpoint = Endpoint(verifier, operations_of(catalog, store, chosen))
    runner = web.ServerRunner(web.Server(endpoint.handle, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, options.host, options.port, backlog=1024).start()
        host, port = runner.addresses[0][:2]
        print(f"PolarDB stand-in listening on http://{host}:{port}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()
        await pool.close()


def main(argv: Optional[List[str]] = None) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(serve(arguments(argv)))
    except (ConfigError, PreflightError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"--host or --port: cannot listen: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
