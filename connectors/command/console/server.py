"""The console's HTTP server: the page, its events, the check's report. Read-only, on loopback only."""

from __future__ import annotations

import asyncio
from importlib import resources
from typing import Awaitable, Callable, Dict, Iterator

from aiohttp import web

from connectors.base.errors import PolarshakeError
from connectors.command.console.address import HOST, is_own, is_own_origin
from connectors.command.console.feed import DocumentFeed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FILES = {
    "": ("index.html", "text/html"),
    "help": ("help.html", "text/html"),
    "console.css": ("console.css", "text/css"),
    **{name: (name, "text/javascript") for name in ("console.js", "draw.js", "tables.js")},
}
"""Path, file of the package `page`, type."""
HEADERS = {
    # Nothing from another origin, no inline script, not in a frame.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
)
"""The report has its style in the page, and no script."""


class Console:
    """`report`: the lines of the check's report."""

    def __init__(self, feed: DocumentFeed, report: Callable[[], Iterator[bytes]]) -> None:
        self._feed, self._report = feed, report

    def application(self) -> web.Application:
        app = web.Application(middlewares=[guard])
        app.router.add_get("/events", self._events)
        app.router.add_get("/document.json", self._document)
        app.router.add_get("/report", self._show_report)
        for path in FILES:
            app.router.add_get(f"/{path}", _file)
        return app

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await response.write(b"retry: 2000\n\n")
            async for body in self._feed.messages():
                await response.write(b"data: " + body + b"\n\n")
        except (ConnectionResetError, asyncio.CancelledError):
            pass  # the page was closed
        return response

    async def _document(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=self._feed.latest or b"null", content_type="application/json")

    async def _show_report(self, _: web.Request) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        try:
            body = await loop.run_in_executor(None, lambda: b"".join(self._report()))
        except PolarshakeError as error:
            return web.Response(text=str(error), status=502)
        if not body:
            return web.Response(text="There is no report of a check yet.", status=404)
        headers = {"Content-Security-Policy": REPORT_POLICY}
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers only requests of the user's own browser, and adds HEADERS."""
    if not (is_own(request.headers.get("Host")) and is_own_origin(request.headers.get("Origin"))):
        return web.Response(
            text=f"The console answers only at http://{HOST} and http://localhost.", status=403
        )
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = web.Response(text=error.reason, status=error.status)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


async def _file(request: web.Request) -> web.StreamResponse:
    name, kind = FILES[request.path[1:]]
    return web.Response(body=_page(name), content_type=kind, charset="utf-8")


_read: Dict[str, bytes] = {}


def _page(name: str) -> bytes:
    """A file of the package, which may be in a zip file."""
    if name not in _read:
        _read[name] = resources.files("connectors.command.console.page").joinpath(name).read_bytes()
    return _read[name]
