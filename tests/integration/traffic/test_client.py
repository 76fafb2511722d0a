"""The outcome of a write after its connection has failed."""

import socket
import threading
import time
from types import SimpleNamespace
from typing import Iterator, List

import pytest
from botocore.credentials import Credentials

from local.traffic.client import Client, Lost
from tests.fakes.clock import FakeClock

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Reads each request and answers with the same bytes after a while."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.requests: List[bytes] = []
        self.close = self._listener.close

    def start(self, reply: bytes, after: float = 0.0) -> str:
        threading.Thread(target=self._answer_all, args=(reply, after), daemon=True).start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _answer_all(self, reply: bytes, after: float) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(65536))
                time.sleep(after)
                connection.sendall(reply)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def client(url: str, timeout: float = 10.0) -> Client:
    return Client(url, Credentials("id", "key"), timeout=timeout)


def test_a_whole_reply_is_given_back(server: Server) -> None:
    assert client(server.start(WHOLE)).call("PutItem", b"{}") == b"{}"


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b"junk\r\n\r\n"])
def test_a_reply_cut_short_leaves_the_outcome_open(server: Server, reply: bytes) -> None:
    with pytest.raises(Lost):
        client(server.start(reply)).call("PutItem", b"{}")


def test_a_server_that_does_not_answer_in_time_leaves_the_outcome_open(server: Server) -> None:
    with pytest.raises(Lost):
        client(server.start(WHOLE, after=1), timeout=0.3).call("PutItem", b"{}")


def test_a_read_is_repeated_until_its_patience_ends(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr("local.traffic.client.time", SimpleNamespace(monotonic=clock, sleep=clock.sleep))
    with pytest.raises(Lost):
        client(server.start(b"")).insist("Scan", b"{}", patience=0.5)
    # Pauses of at most 0.05, 0.1 and 0.2 s, and at least half of that; one of 0.4 would end too late.
    assert len(server.requests) == 4
