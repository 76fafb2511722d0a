from __future__ import annotations

from typing import Any, List

import botocore.credentials
import pytest
from botocore.exceptions import CredentialRetrievalError

from connectors.base.errors import PreflightError, TransientError
from connectors.base.secret import Secret
from connectors.dynamodb.credentials import ChainCredentials, StaticCredentials
from connectors.dynamodb.faults import SettingNames


def test_static_keys_are_given_as_they_are_and_cannot_be_refreshed() -> None:
    credentials = StaticCredentials("account", Secret("generated"))
    assert credentials.keys() == ("account", Secret("generated"), None)
    assert not credentials.refresh()


def test_keys_do_not_print() -> None:
    keys = StaticCredentials("account", Secret("generated"), Secret("session")).keys()
    assert "generated" not in repr(keys)
    assert "session" not in repr(keys)


def test_the_chain_takes_keys_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-env")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    assert ChainCredentials(SettingNames()).keys() == ("from-env", Secret("hush"), Secret("token"))


def test_refresh_resolves_the_chain_again() -> None:
    made: List[str] = []

    def load() -> Any:
        made.append(f"key{len(made)}")
        return botocore.credentials.Credentials(made[-1], "hush")

    credentials = ChainCredentials(SettingNames(), load)
    assert credentials.keys().access_key == "key0"
    assert credentials.refresh()
    assert credentials.keys().access_key == "key1"


def test_an_empty_chain_is_refused_naming_the_arguments() -> None:
    with pytest.raises(PreflightError, match="--dynamodbak and --dynamodbsk"):
        ChainCredentials(SettingNames(), lambda: None)


def test_a_provider_that_cannot_be_reached_is_transient() -> None:
    class Unreachable:
        def get_frozen_credentials(self) -> Any:
            raise CredentialRetrievalError(provider="role", error_msg="timed out")

    with pytest.raises(TransientError, match="timed out"):
        ChainCredentials(SettingNames(), Unreachable).keys()
