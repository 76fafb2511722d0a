"""What a failure means is decided by its code, whatever the words say."""

from __future__ import annotations

import socket

import psycopg2
import pytest

from connectors.base.errors import PolarshakeError, PreflightError, TransientError
from connectors.base.secret import Secret
from connectors.postgres.replication.connect import Address, connect, failures, redacted
from connectors.postgres.replication.sqlstate import advice
from tests.fakes.postgres import RefusingPostgres


def address(port: int, name: str = "rep") -> Address:
    return Address("127.0.0.1", port, "db", Secret(name), Secret("the-password"), "prefer")


def refused(code: str, words: str, name: str = "rep", replication: bool = False) -> PolarshakeError:
    with RefusingPostgres(code, words) as server, pytest.raises(PolarshakeError) as caught:
        connect(address(server.port, name), "test", replication)
    return caught.value


@pytest.mark.parametrize("replication", [False, True])
@pytest.mark.parametrize(
    ("code", "helpful"),
    [
        ("28P01", "--polardbpassword"),
        ("28000", "pg_hba.conf"),
        ("3D000", "polardb.database"),
        ("42501", "required rights"),
    ],
)
def test_a_refused_login_has_its_advice_in_every_language(code: str, helpful: str, replication: bool) -> None:
    error = refused(code, "用户认证失败", replication=replication)
    assert isinstance(error, PreflightError)
    assert helpful in str(error)
    assert f"(SQLSTATE {code})" in str(error)


@pytest.mark.parametrize("code", ["53300", "57P03", "57P01", "08006", "55006", "XX000"])
def test_a_busy_or_starting_server_is_transient_whatever_it_says(code: str) -> None:
    error = refused(code, 'password authentication failed, no pg_hba.conf entry, database "x" does not exist')
    assert isinstance(error, TransientError)


def test_a_server_that_is_not_there_is_transient() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransientError, match="Connection refused"):
        connect(address(port), "test")


@pytest.mark.parametrize("name", ["rep", "password", "user", "role"])
def test_a_role_with_the_name_of_a_word_leaves_the_rest_of_the_message_and_the_decision_alone(
    name: str,
) -> None:
    error = refused("42501", f'must be superuser or replication to connect, not "{name}"', name)
    assert isinstance(error, PreflightError)
    assert "replication" in str(error)
    assert f'"{name}"' not in str(error)


def test_only_the_whole_name_is_redacted() -> None:
    assert redacted('role "rep" of replication', "rep") == 'role "***" of replication'
    assert redacted("„a.b“ and «a.b» but axb", "a.b") == "„***“ and «***» but axb"


def test_the_password_is_in_no_message() -> None:
    assert "the-password" not in str(refused("28P01", "no"))


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        ("42704", True),
        ("0A000", True),
        ("22023", True),
        ("40001", False),
        ("55P03", False),
        ("57014", False),
        ("58030", False),
        ("", False),
    ],
)
def test_the_class_of_a_code_shows_whether_a_retry_may_help(code: str, permanent: bool) -> None:
    assert bool(advice(code)) == permanent


def test_an_error_of_a_statement_is_decided_by_its_code_too() -> None:
    with pytest.raises(TransientError), failures(address(1), "reading"):
        raise psycopg2.OperationalError("password authentication failed")
