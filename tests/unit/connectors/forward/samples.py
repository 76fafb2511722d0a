"""Settings as a user would give them."""

from __future__ import annotations

from typing import Dict

from connectors.config import Settings, load

SECRETS = ("--dynamodbak", "AKIDSOURCE", "--dynamodbsk", "source-secret", "--polardbak", "account")
KEYS = (*SECRETS, "--polardbsk", "target-secret")
BOTH = {
    "dynamodb.region": "cn-north-1",
    "dynamodb.endpoint": "http://127.0.0.1:1",
    "polardb.endpoint": "http://127.0.0.1:2",
}


def settings_of(secrets: bool = True, **more: str) -> Settings:
    """`more`: keys with `_` for a dot."""
    given: Dict[str, str] = {**BOTH, **{name.replace("_", "."): value for name, value in more.items()}}
    sets = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
    return load([*sets, *(KEYS if secrets else ())], {})
