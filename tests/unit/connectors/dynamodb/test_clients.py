from __future__ import annotations

import pytest

from connectors.base.errors import ConfigError, TransientError
from connectors.config import Settings
from connectors.dynamodb.clients import source_client, streams_client, target_client
from connectors.dynamodb.faults import SOURCE, STREAMS, TARGET
from tests.unit.connectors.forward.samples import settings_of


def test_each_side_calls_its_settings_by_their_names_in_errors() -> None:
    settings = settings_of()
    assert source_client(settings).names == SOURCE
    assert streams_client(settings).names == STREAMS
    assert target_client(settings).names == TARGET


@pytest.mark.parametrize(
    ("side", "setting"),
    [
        ("source", "dynamodb.endpoint"),
        ("streams", "dynamodb.streamsEndpoint"),
        ("target", "polardb.endpoint"),
    ],
)
def test_a_side_that_does_not_answer_is_named_by_its_setting(side: str, setting: str) -> None:
    settings = settings_of()
    client = {
        "source": lambda: source_client(settings, seconds=0.0),
        "streams": lambda: streams_client(settings, seconds=0.0),
        "target": lambda: target_client(settings, seconds=0.0),
    }[side]()
    with pytest.raises(TransientError, match=setting) as raised:
        client.call("ListTables", b"{}")
    assert "secret" not in str(raised.value)


def test_without_a_target_there_is_no_client_for_it() -> None:
    with pytest.raises(ConfigError, match="polardb"):
        target_client(Settings())


def test_retries_end_with_the_settings_bound_by_default() -> None:
    settings = settings_of(write_retrySeconds="77")
    assert source_client(settings).policy.deadline == 77
    assert source_client(settings, seconds=5.0).policy.deadline == 5.0
    assert target_client(settings).policy.deadline == 77


def test_the_hook_is_called_before_a_request() -> None:
    asked = []
    client = target_client(settings_of(), lambda: asked.append(1), seconds=0.0)
    with pytest.raises(TransientError):
        client.call("ListTables", b"{}")
    assert asked
