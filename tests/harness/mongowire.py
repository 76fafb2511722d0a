"""A proxy for MongoDB that records every command and injects faults into writes."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

import bson
import pytest
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

HEADER = struct.Struct("<iiii")
COMMAND_NAME = 26
"""Offset in an OP_MSG, after the header, the flags, the kind of section, the size of the document and the
type of its first member."""
OP_MSG = 2013

Pass = Callable[[int, int, bytes], bool]


class Call(NamedTuple):
    """A call. `at`: time of the answer, in seconds of time.monotonic."""

    at: float
    operation: str


class Rule(NamedTuple):
    """The faults of writes. The first three are probabilities. A lost answer is the most difficult case,
    because the command was executed."""

    request_lost: float = 0.0
    answer_lost: float = 0.0
    refused: float = 0.0
    code: int = 0
    """Error code of a refused command, which is not sent to the server."""
    latency: float = 0.0
    """Seconds that are added to each write."""
    poison: bytes = b""
    """Writes that contain these bytes lose their connection, as at a server that fails over a document."""


class MongoWire:
    def __init__(self, upstream: str, seed: int = 0) -> None:
        """`upstream`: a connection string; of several members, the first is used. Raises ValueError for
        TLS."""
        parsed = parse_uri(upstream)
        if parsed["options"].get("tls"):
            raise ValueError("cannot read a connection with TLS")
        self._upstream = parsed["nodelist"][0]
        self._login, self._options = login_and_options(upstream)
        self.calls: List[Call] = []
        self._rule = Rule()
        self._fired: List[str] = []
        self._random = random.Random(seed)
        self._open: List[socket.socket] = []
        self._listen(0)
        self._port: int = self._listener.getsockname()[1]

    @property
    def address(self) -> str:
        return f"mongodb://{self._login}127.0.0.1:{self._port}/?{'&'.join(self._options)}"

    def done(self, operation: str) -> List[float]:
        return [call.at for call in self.calls if call.operation == operation]

    def set_rules(self, rule: Rule) -> None:
        self._rule = rule

    def fired(self) -> List[str]:
        """The writes that a rule was applied to."""
        return self._fired

    def stop(self) -> None:
        """Behave as if the server were unavailable, until `start`."""
        self._close(self._listener, *self._open)
        self._open = []

    def start(self) -> None:
        self._listen(self._port)
        self.__enter__()

    def __enter__(self) -> MongoWire:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _listen(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._upstream, timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        self._open += [client, server]
        asked: Dict[int, str] = {}

        def request(number: int, _: int, message: bytes) -> bool:
            operation = asked[number] = operation_of(message)
            if self._is_poison(operation, message) or self._strikes(operation, self._rule.request_lost):
                raise ConnectionResetError
            if not self._strikes(operation, self._rule.refused):
                return True
            client.sendall(refusal(number, self._rule.code))
            return False

        def answer(_: int, to: int, message: bytes) -> bool:
            operation = asked.pop(to, "")
            if self._strikes(operation, self._rule.answer_lost):
                raise ConnectionResetError
            if self._strikes(operation, float(self._rule.latency > 0)):
                time.sleep(self._rule.latency)
            self.calls.append(Call(time.monotonic(), operation))
            return True

        for source, sink, take in ((client, server, request), (server, client, answer)):
            threading.Thread(target=self._pass, args=(source, sink, take), daemon=True).start()

    def _is_poison(self, operation: str, message: bytes) -> bool:
        poison = self._rule.poison
        return bool(poison) and poison in message and self._strikes(operation, 1.0)

    def _strikes(self, operation: str, probability: float) -> bool:
        """Whether a fault occurs. Only writes are affected, not the driver's own commands."""
        if operation not in ("update", "delete") or self._random.random() >= probability:
            return False
        self._fired.append(operation)
        return True

    def _pass(self, source: socket.socket, sink: socket.socket, take: Pass) -> None:
        """Forward messages. `take` decides whether a message is forwarded."""
        with contextlib.suppress(OSError):
            message = _message(source)
            while message is not None:
                _, number, to, _ = HEADER.unpack_from(message)
                if take(number, to, message):
                    sink.sendall(message)
                message = _message(source)
        self._close(source, sink)

    @staticmethod
    def _close(*sockets: socket.socket) -> None:
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


@contextlib.contextmanager
def wire_to(uri: str) -> Iterator[MongoWire]:
    """A proxy for this MongoDB. Skips the test if a proxy is not possible."""
    try:
        wire = MongoWire(uri)
    except (ValueError, PyMongoError) as error:  # TLS, or mongodb+srv, which means TLS
        pytest.skip(f"a proxy for this MongoDB is not possible: {error}")
    with wire:
        yield wire


def login_and_options(uri: str) -> Tuple[str, List[str]]:
    """The login ("user:password@") and the options for a single member, as they are spelled in the connection
    string."""
    rest = uri.split("://", 1)[1]
    login, _, hosts = rest.rpartition("@")
    path, _, query = hosts.partition("?")
    database = path.partition("/")[2]
    of_many = ("replicaset=", "directconnection=")
    options = [option for option in query.split("&") if option and not option.lower().startswith(of_many)]
    if login and database and not any(option.lower().startswith("authsource=") for option in options):
        options.append(f"authSource={database}")
    return f"{login}@" if login else "", [*options, "directConnection=true"]


def operation_of(message: bytes) -> str:
    end = message.find(b"\x00", COMMAND_NAME)
    return message[COMMAND_NAME:end].decode("utf-8", "replace")


def refusal(number: int, code: int) -> bytes:
    """The refusal of a whole command, as an OP_MSG."""
    answer = {"ok": 0.0, "code": code, "errmsg": f"refused with {code}"}
    body = struct.pack("<iB", 0, 0) + bson.encode(answer)
    return HEADER.pack(HEADER.size + len(body), 0, number, OP_MSG) + body


def _message(source: socket.socket) -> Optional[bytes]:
    head = _exactly(source, HEADER.size)
    if head is None:
        return None
    rest = _exactly(source, HEADER.unpack(head)[0] - HEADER.size)
    return None if rest is None else head + rest


def _exactly(source: socket.socket, size: int) -> Optional[bytes]:
    parts = []
    while size:
        part = source.recv(min(size, 1 << 18))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
