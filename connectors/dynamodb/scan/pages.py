"""The pages of one segment, as fast as the table's rate allows."""

from __future__ import annotations

from typing import Optional, Protocol

from connectors.dynamodb.answers import ask
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.limits import Limiter
from connectors.dynamodb.scan.request import ScanPage, ScanRequest, read_page


class Pages(Protocol):
    def after(self, key: bytes, limit: int = 0) -> ScanPage:
        """The page after `key`, which is a page's LastEvaluatedKey as received; empty: the first page.

        `limit`: the maximum number of items; 0: that of the request. Raises TransientError and TerminalError.
        """
        ...


class ScanPages(Pages):
    """Pages of the Scan API."""

    def __init__(self, caller: Caller, request: ScanRequest, limiter: Optional[Limiter] = None) -> None:
        self._caller, self._request, self._limiter = caller, request, limiter

    def after(self, key: bytes, limit: int = 0) -> ScanPage:
        if self._limiter:
            self._limiter.acquire()
        table = self._request.table
        body = self._request.after(key, limit)
        page = ask(self._caller, "Scan", body, lambda came: read_page(came.body, table), table)
        if self._limiter:
            self._limiter.pay(page.units)
        return page
