"""Flink's REST API: one call."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional
from urllib.parse import urlsplit

import urllib3

from connectors.base.errors import TerminalError, TransientError
from connectors.base.text import visible, visible_texts

TIMEOUT = urllib3.Timeout(connect=3.0, read=10.0)
LONGEST_REASON = 300
"""Maximum characters of Flink's error text that are shown. A Java stack trace follows the text."""


class Rest:
    """A client of Flink's REST API. Texts of its answers are made visible: they hold names and messages of
    other servers. Raises TransientError if Flink does not respond, TerminalError if it does
    not know the path or refuses the request."""

    def __init__(self, address: str) -> None:
        """`address`: the web UI's, such as http://127.0.0.1:8081. It may contain a user and a password."""
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TerminalError("--flink: must be the address of the web UI, such as http://127.0.0.1:8081")
        host = parts.netloc.rpartition("@")[2]
        self.address = f"{parts.scheme}://{host}{parts.path.rstrip('/')}"
        self._headers = {"Content-Type": "application/json"}
        if parts.username:
            login = f"{parts.username}:{parts.password or ''}"
            self._headers.update(urllib3.make_headers(basic_auth=login))
        self._http = urllib3.PoolManager(timeout=TIMEOUT, retries=False)

    def get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def post(self, path: str, body: Dict[str, Any]) -> Any:
        return self._call("POST", path, body)

    def close(self) -> None:
        self._http.clear()

    def _call(self, method: str, path: str, body: Optional[Dict[str, Any]]) -> Any:
        try:
            answer = self._http.request(
                method,
                f"{self.address}{path}",
                body=None if body is None else json.dumps(body).encode(),
                headers=self._headers,
            )
        except urllib3.exceptions.HTTPError as error:
            raise TransientError(f"Flink at {self.address} does not answer: {error}") from error
        where = f"Flink at {self.address}"
        if answer.status == 404:
            raise TerminalError(f"{where} does not know {path}. Check that the job belongs to this cluster")
        if answer.status in (400, 401, 403, 409):
            raise TerminalError(f"{where}: {path}: HTTP status {answer.status}: {_reason(answer.data)}")
        if answer.status >= 300:
            raise TransientError(f"{where}: {path}: HTTP status {answer.status}")
        try:
            return visible_texts(json.loads(answer.data))
        except ValueError as error:
            raise TerminalError(
                f"{where}: {path}: not JSON. Check that --flink is the web UI's address"
            ) from error


def _reason(body: bytes) -> str:
    return visible(" ".join(body.decode(errors="replace").split())[:LONGEST_REASON])
