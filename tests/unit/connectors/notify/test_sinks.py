from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Iterator, List, Type

import msgspec
import pytest

from connectors.base.errors import PolarshakeError, TerminalError, TransientError
from connectors.base.secret import Secret
from connectors.config import load
from connectors.model.events import EventKind, JobEvent
from connectors.notify.check import tell_result
from connectors.notify.open import open_sender
from connectors.notify.sinks import EventFile, Webhook
from tests.fakes.storage import MemoryStorage

EVENT = JobEvent(1.5, EventKind.SUSPENDED, "forward", "table orders is suspended", "orders")


class Receiver:
    """A web server that answers with `status`."""

    def __init__(self) -> None:
        self.status, self.bodies = 200, []  # type: ignore[var-annotated]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(receiver.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook/s3cr3t-token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_the_file_has_one_line_of_json_for_each_event() -> None:
    storage = MemoryStorage()
    sink = EventFile(lambda: storage)
    for _ in range(2):
        sink.send(msgspec.json.encode(EVENT))
    ((name, body),) = storage.objects.items()
    assert name.startswith("events-")
    assert name.endswith(".jsonl")
    assert [msgspec.json.decode(line, type=JobEvent) for line in body.splitlines()] == [EVENT, EVENT]


def test_the_webhook_gets_the_event_as_json(receiver: Receiver) -> None:
    Webhook(Secret(receiver.url)).send(msgspec.json.encode(EVENT))
    ((path, kind, body),) = receiver.bodies
    assert (path, kind) == ("/hook/s3cr3t-token", "application/json")
    assert body == {
        **{"at": 1.5, "kind": "suspended", "job": "forward", "table": "orders", "outcome": ""},
        "text": "table orders is suspended",
    }


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((408, TransientError), (429, TransientError), (503, TransientError)),
        *((302, TerminalError), (404, TerminalError), (401, TerminalError)),
    ],
)
def test_an_answer_tells_whether_a_retry_may_succeed_and_no_error_shows_the_address(
    receiver: Receiver, status: int, error: Type[PolarshakeError]
) -> None:
    receiver.status = status
    with pytest.raises(error) as raised:
        Webhook(Secret(receiver.url)).send(b"{}")
    assert "s3cr3t" not in str(raised.value)
    assert len(receiver.bodies) == 1  # a redirection is not followed


def test_a_server_that_is_down_may_come_back(receiver: Receiver) -> None:
    receiver.server.server_close()
    receiver.server.shutdown()
    with pytest.raises(TransientError) as raised:
        Webhook(Secret(receiver.url)).send(b"{}")
    assert "s3cr3t" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_the_settings_name_both_sinks(receiver: Receiver, tmp_path: Path) -> None:
    settings = load([f"--set=notify.events={tmp_path}"], {"POLARSHAKE_NOTIFY_WEBHOOK": receiver.url})
    assert "s3cr3t" not in repr(settings)
    sender = open_sender(settings)
    sender(EVENT)
    sender.close(20.0)
    lines: List[bytes] = [line for file in tmp_path.iterdir() for line in file.read_bytes().splitlines()]
    assert [msgspec.json.decode(line, type=JobEvent) for line in lines] == [EVENT]
    assert len(receiver.bodies) == 1


def test_without_settings_an_event_goes_nowhere() -> None:
    sender = open_sender(load([], {}))
    sender(EVENT)
    sender.close(20.0)


@pytest.mark.parametrize(("code", "outcome"), [(0, "equal"), (1, "differences"), (2, "unknown")])
def test_the_result_of_a_check_is_sent_before_the_check_ends(tmp_path: Path, code: int, outcome: str) -> None:
    assert tell_result(load([f"--set=notify.events={tmp_path}"], {}), code) == code
    (file,) = tmp_path.iterdir()
    event = msgspec.json.decode(file.read_bytes(), type=JobEvent)
    assert (event.kind, event.job, event.outcome) == (EventKind.CHECK, "check", outcome)
