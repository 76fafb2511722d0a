"""What SQLSTATE codes mean for the job, and the code of a login that failed.

libpq does not give access to the code of a failed login. It gives the message, in the server's language. For
a connection that is opened step by step, it can be told to write the code in place of the message."""

from __future__ import annotations

import ctypes
import re
import select
import time
from functools import cache
from typing import Any, Dict, Union

import psycopg2

LOGIN_SECONDS = 10.0
_CONNECTION_BAD, _READING, _WRITING, _FAILED, _OK = 1, 1, 2, 0, 3
_ONLY_SQLSTATE = 3
"""PQERRORS_SQLSTATE: a message is `SEVERITY:  CODE`."""
_CODE = re.compile(r":\s+([0-9A-Z]{5})\s*$", re.MULTILINE)

_RIGHT = "The role may not do this: see the required rights in docs/reverse.md."
_ADVICE: Dict[str, str] = {
    "28P01": "Check --polardbusername and --polardbpassword.",
    "28000": (
        "The server does not let this role in from here. Check --polardbusername; the role needs LOGIN; and "
        "pg_hba.conf must allow it from this machine's address, also for replication, with or without TLS as "
        "polardb.sslMode says."
    ),
    "3D000": "Set polardb.database to the database that holds the tables.",
    "42501": _RIGHT,
    "0LP01": _RIGHT,
}
_PERMANENT = {"0A", "0L", "0P", "22", "28", "2F", "3D", "3F", "42"}
"""The classes of errors that every retry meets again: wrong statements, values, rights. Errors of
connections, resources, locks, operators and the state of the server are in other classes."""


def advice(code: str) -> str:
    """What to do about an error that a retry cannot help. Empty: a retry may help."""
    known = _ADVICE.get(code)
    if known is None and code[:2] in _PERMANENT:
        return "PostgreSQL refuses this permanently: a retry cannot help."
    return known or ""


def sqlstate_of_login(parameters: Dict[str, Union[str, int]]) -> str:
    """Try the login again and return its code. Empty if there is no code: the server was not reached, or the
    login succeeds now."""
    libpq = _libpq()
    names = [name.encode() for name in parameters] + [None]
    values = [str(value).encode() for value in parameters.values()] + [None]
    array = ctypes.c_char_p * len(names)
    connection = ctypes.c_void_p(libpq.PQconnectStartParams(array(*names), array(*values), 0))
    if not connection:
        return ""
    try:
        libpq.PQsetErrorVerbosity(connection, _ONLY_SQLSTATE)
        _open(libpq, connection)
        codes = _CODE.findall((libpq.PQerrorMessage(connection) or b"").decode("utf-8", "replace"))
        return codes[-1] if codes else ""
    finally:
        libpq.PQfinish(connection)


def _open(libpq: Any, connection: ctypes.c_void_p) -> None:
    until, state = time.monotonic() + LOGIN_SECONDS, _WRITING
    while state in (_READING, _WRITING) and libpq.PQstatus(connection) != _CONNECTION_BAD:
        left = until - time.monotonic()
        if left <= 0:
            return
        poll = select.poll()
        poll.register(libpq.PQsocket(connection), select.POLLIN if state == _READING else select.POLLOUT)
        poll.poll(left * 1000)
        state = libpq.PQconnectPoll(connection)


@cache
def _libpq() -> Any:
    """The libpq that psycopg2 is linked to. CDLL releases the interpreter lock: name resolution may take
    long."""
    library = ctypes.CDLL(psycopg2._psycopg.__file__)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    texts = ctypes.POINTER(text)
    for name, result, arguments in (
        ("PQconnectStartParams", pointer, [texts, texts, ctypes.c_int]),
        ("PQsetErrorVerbosity", ctypes.c_int, [pointer, ctypes.c_int]),
        ("PQconnectPoll", ctypes.c_int, [pointer]),
        ("PQstatus", ctypes.c_int, [pointer]),
        ("PQsocket", ctypes.c_int, [pointer]),
        ("PQerrorMessage", text, [pointer]),
        ("PQfinish", None, [pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
