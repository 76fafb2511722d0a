"""A web server that answers as Flink's REST API does."""

import http.server
import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

RECORDED = Path(__file__).parents[2] / "unit" / "connectors" / "command" / "progress" / "recorded"
REVERSE = {"slotActive": 1, "slotLagBytes": 2048, "slotLagSeconds": 2, "retainedWalBytes": 4096}


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_text())


class CannedFlink:
    """A forward job as recorded from Flink 1.20.5, its metrics at its first vertex. Tests change them."""

    def __init__(self):
        self.job, self.checkpoints = recorded("job"), recorded("checkpoints")
        self.restarts, self.exceptions = recorded("restarts"), recorded("exceptions_none")
        self.metrics = [{"min": each["max"], **each} for each in recorded("metrics")]
        self.status, self.page = 200, None
        handler = type("Handler", (_Handler,), {"flink": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._server.server_close()

    def gauge(self, name, value):
        self.metrics.append({"id": name, "sum": value, "max": value, "min": value})

    def answer(self, path, query):
        base = f"/jobs/{self.job['jid']}"
        metrics = f"{base}/vertices/{self.job['vertices'][0]['id']}/subtasks/metrics"
        if path == metrics and "get" in query:
            wanted = query["get"][0].split(",")
            return [metric for metric in self.metrics if metric["id"] in wanted]
        if path == metrics:
            return [{"id": metric["id"]} for metric in self.metrics]
        if path.endswith("/subtasks/metrics"):
            return []
        listed = {key: self.job[key] for key in ("jid", "name", "state", "start-time")}
        return {
            "/jobs/overview": {"jobs": [listed]},
            "/jobmanager/config": [{"key": "metrics.fetcher.update-interval", "value": "100"}],
            base: self.job,
            f"{base}/checkpoints": self.checkpoints,
            f"{base}/metrics": self.restarts,
            f"{base}/exceptions": self.exceptions,
        }.get(path)


class _Handler(http.server.BaseHTTPRequestHandler):
    flink: Any  # of the subclass that a test makes

    def do_GET(self):
        url = urlsplit(self.path)
        found = self.flink.answer(url.path, parse_qs(url.query))
        body = self.flink.page or json.dumps(found).encode()
        self.send_response(404 if found is None else self.flink.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def flink():
    with CannedFlink() as canned:
        yield canned
