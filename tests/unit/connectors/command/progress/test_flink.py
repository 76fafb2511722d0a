"""The client of Flink's REST API, against answers recorded from Flink 1.20.5."""

import http.server
import json
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.command.progress.flink import FlinkJobs

RECORDED = Path(__file__).parent / "recorded"
JOB = json.loads((RECORDED / "job.json").read_text())
METRICS = json.loads((RECORDED / "metrics.json").read_text())


def answer(path, query):
    """The answer for a path. The first vertex has all metrics; in Flink, each vertex has its own."""
    base = f"/jobs/{JOB['jid']}"
    metrics = f"{base}/vertices/{JOB['vertices'][0]['id']}/subtasks/metrics"
    if path == metrics and "get" in query:
        wanted = query["get"][0].split(",")
        return [metric for metric in METRICS if metric["id"] in wanted]
    if path == metrics:
        return [{"id": metric["id"]} for metric in METRICS]
    if path.endswith("/subtasks/metrics"):
        return []
    if path == f"{base}/savepoints/beef":
        return {"status": {"id": "COMPLETED"}, "operation": Handler.operation}
    names = {base: "job", f"{base}/checkpoints": "checkpoints", f"{base}/metrics": "restarts"}
    names[f"{base}/exceptions"] = "exceptions_none"
    return json.loads((RECORDED / f"{names[path]}.json").read_text()) if path in names else None


class Handler(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self):
        url = urlsplit(self.path)
        found = answer(url.path, parse_qs(url.query))
        body = json.dumps(found).encode()
        self.send_response(404 if found is None else self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    operation = {"location": "file:/savepoints/1"}
    asked = []

    def do_POST(self):
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps({"request-id": "beef"}).encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def flink(monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_progress_of_a_job_is_read_from_its_vertices(flink):
    job = FlinkJobs(flink + "/").progress(JOB["jid"])
    assert job.job_id == JOB["jid"]
    assert sorted(job.tables) == ["orders", "readings", "sessions"]
    expected = next(metric["sum"] for metric in METRICS if metric["id"].endswith("orders.scannedItems"))
    assert job.tables["orders"].scanned == expected > 0


def test_a_job_that_never_failed_has_an_empty_failure(flink):
    assert FlinkJobs(flink).failure(JOB["jid"]) == ""


def test_an_unknown_job_is_a_terminal_error(flink):
    with pytest.raises(TerminalError, match="does not know /jobs/beef"):
        FlinkJobs(flink).progress("beef")


def test_a_jobmanager_that_is_busy_is_a_transient_error(flink, monkeypatch):
    monkeypatch.setattr(Handler, "status", 503)
    with pytest.raises(TransientError, match="503"):
        FlinkJobs(flink).progress(JOB["jid"])


def test_a_jobmanager_that_is_gone_is_a_transient_error():
    with pytest.raises(TransientError, match="does not answer"):
        FlinkJobs("http://127.0.0.1:1").progress("beef")


def test_stopping_a_job_returns_the_path_of_its_savepoint(flink, monkeypatch):
    monkeypatch.setattr(Handler, "asked", [])
    jobs = FlinkJobs(flink)
    assert jobs.stop_with_savepoint(JOB["jid"]) == "file:/savepoints/1"
    jobs.stop_with_savepoint(JOB["jid"], "oss://bucket")
    assert Handler.asked == [{"drain": False}, {"drain": False, "targetDirectory": "oss://bucket"}]


def test_a_savepoint_that_fails_is_a_terminal_error_with_flinks_first_line(flink, monkeypatch):
    cause = {"failure-cause": {"stack-trace": "java.io.IOException: no space\n at x"}}
    monkeypatch.setattr(Handler, "operation", cause)
    with pytest.raises(TerminalError, match=r"no space$"):
        FlinkJobs(flink).stop_with_savepoint(JOB["jid"])
