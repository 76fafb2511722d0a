"""The console's HTTP server."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Dict, Tuple
from urllib.parse import urlsplit

import pytest

from tests.harness.console import Migration, RunningConsole, following

ROOT = Path(__file__).parents[3]
PATHS = ("/", "/events", "/document.json", "/report", "/help", "/console.js")


def ask(
    console: RunningConsole, path: str, headers: Dict[str, str], method: str = "GET"
) -> Tuple[int, Dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(console.address).port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), b"" if path == "/events" else answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_host_name_is_refused_at_every_path(console: RunningConsole, path: str) -> None:
    status, _, body = ask(console, path, {"Host": "evil.example"})
    assert status == 403
    assert b"orders" not in body


def test_a_page_of_another_origin_is_refused(console: RunningConsole) -> None:
    assert ask(console, "/document.json", {"Origin": "https://evil.example"})[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(console: RunningConsole, method: str) -> None:
    assert ask(console, "/", {}, method)[0] == 405


def test_every_answer_forbids_other_origins_and_inline_scripts(console: RunningConsole) -> None:
    for path in PATHS:
        headers = ask(console, path, {})[1]
        assert headers["Content-Security-Policy"].startswith("default-src 'none'"), path
        assert "unsafe-inline' 'self" not in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers


def test_the_document_contains_the_one_of_status(console: RunningConsole, migration: Migration) -> None:
    migration.job.tables = {"orders": following(1000)}
    while True:
        document = json.loads(ask(console, "/document.json", {})[2])
        if document and document["tables"]:
            break
    assert document["status"]["version"] == 1
    assert document["status"]["jobs"][0]["tables"][0]["table"] == "orders"


def test_without_a_check_there_is_no_report(console: RunningConsole) -> None:
    assert ask(console, "/report", {})[0] == 404


def test_a_path_outside_the_page_is_not_found(console: RunningConsole) -> None:
    assert ask(console, "/../server.py", {})[0] == 404
    assert ask(console, "/__init__.py", {})[0] == 404


def test_the_command_prints_its_address_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    words = ["console", "--flink", "127.0.0.1:9", "--port", "0", "--history", str(tmp_path / "h.json")]
    process = subprocess.Popen(
        [sys.executable, "-m", "connectors.command.app", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "POLARSHAKE_CONFIG": "", "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("console: http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()


def test_a_port_that_is_taken_is_an_error_that_names_the_option(console: RunningConsole) -> None:
    port = str(urlsplit(console.address).port)
    done = subprocess.run(
        [sys.executable, "-m", "connectors.command.app", "console", "--flink", "127.0.0.1:9", "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1 cannot be used" in done.stderr
    assert "--port" in done.stderr
