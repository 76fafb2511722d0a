"""Secrets. They are given as arguments or in the environment, never in a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence

from connectors.base.secret import Secret
from connectors.config.mistakes import Mistakes


@dataclass(frozen=True)
class AccessKey:
    """Key that signs requests of the DynamoDB protocol."""

    access_key_id: Secret
    secret_access_key: Secret
    session_token: Optional[Secret] = None


@dataclass(frozen=True)
class Login:
    """A PostgreSQL role."""

    username: Secret
    password: Secret


class SecretKey(NamedTuple):
    side: str
    option: str
    variable: str
    meaning: str


DYNAMODB_KEY = (
    SecretKey("dynamodb", "--dynamodbak", "POLARSHAKE_DYNAMODB_AK", "access key id"),
    SecretKey("dynamodb", "--dynamodbsk", "POLARSHAKE_DYNAMODB_SK", "secret access key"),
    SecretKey(
        "dynamodb",
        "--dynamodbtoken",
        "POLARSHAKE_DYNAMODB_SESSION_TOKEN",
        "session token, only with temporary keys",
    ),
)
POLARDB_KEY = (
    SecretKey("polardb", "--polardbak", "POLARSHAKE_POLARDB_AK", "name of the account of type DynamoDB"),
    SecretKey("polardb", "--polardbsk", "POLARSHAKE_POLARDB_SK", "key generated for that account"),
)
POLARDB_LOGIN = (
    SecretKey(
        "polardb",
        "--polardbusername",
        "POLARSHAKE_POLARDB_USERNAME",
        "PostgreSQL role of the reverse job",
    ),
    SecretKey("polardb", "--polardbpassword", "POLARSHAKE_POLARDB_PASSWORD", "that role's password"),
)
MONGODB_URI = (
    SecretKey(
        "mongodb",
        "--mongodburi",
        "POLARSHAKE_MONGODB_URI",
        "the whole connection string with user and password; overrides mongodb.uri",
    ),
)
STORAGE_KEY = (
    SecretKey("storage", "--storageak", "POLARSHAKE_STORAGE_AK", "access key id for s3:// places"),
    SecretKey("storage", "--storagesk", "POLARSHAKE_STORAGE_SK", "secret access key for s3:// places"),
    SecretKey(
        "storage",
        "--storagetoken",
        "POLARSHAKE_STORAGE_SESSION_TOKEN",
        "session token, only with temporary keys",
    ),
)
WEBHOOK = (
    SecretKey(
        "notify",
        "--notifywebhook",
        "POLARSHAKE_NOTIFY_WEBHOOK",
        "URL to which each event is posted as JSON; a secret, because it contains a token",
    ),
)
SECRET_KEYS = DYNAMODB_KEY + POLARDB_KEY + MONGODB_URI + POLARDB_LOGIN + WEBHOOK + STORAGE_KEY

Options = Mapping[str, Optional[str]]
"""Secret options by name (`--dynamodbak`); None if an option is not given."""


def access_key(
    group: Sequence[SecretKey], options: Options, environ: Mapping[str, str], mistakes: Mistakes
) -> Optional[AccessKey]:
    """The key, or None if it is not given. If a job needs one, `require` reports that it is missing."""
    secrets = _resolve(group, options, environ, mistakes)
    return AccessKey(*secrets) if secrets else None


def login(options: Options, environ: Mapping[str, str], mistakes: Mistakes) -> Optional[Login]:
    secrets = _resolve(POLARDB_LOGIN, options, environ, mistakes)
    return Login(*secrets) if secrets else None


def uri(options: Options, environ: Mapping[str, str], mistakes: Mistakes) -> Optional[Secret]:
    secrets = _resolve(MONGODB_URI, options, environ, mistakes)
    return secrets[0] if secrets else None


def webhook(options: Options, environ: Mapping[str, str], mistakes: Mistakes) -> Optional[Secret]:
    secrets = _resolve(WEBHOOK, options, environ, mistakes)
    return secrets[0] if secrets else None


def _resolve(
    group: Sequence[SecretKey], options: Options, environ: Mapping[str, str], mistakes: Mistakes
) -> List[Secret]:
    """The group's secrets in its order; empty if none is given or one of them is wrong."""
    values = _merge(group, options, environ)
    before = len(mistakes.errors)
    for key, value in values.items():
        _check(key, value, options, mistakes)
    for missing in [key for key in group[:2] if values and key not in values]:
        given = next(iter(values))
        problem = f"is missing, while {given.option} or {given.variable} is given; give both or neither"
        mistakes.add("arguments", f"{missing.option} or {missing.variable}", problem)
    if len(mistakes.errors) > before:
        return []
    return [Secret(values[key]) for key in group if key in values]


def _merge(group: Sequence[SecretKey], options: Options, environ: Mapping[str, str]) -> Dict[SecretKey, str]:
    """Values by key. Arguments override the environment.

    If both keys of a pair are arguments, the environment is ignored: it may contain the session token of
    another key, and every request would fail. An empty variable counts as not set, because shells and
    manifests leave such variables behind.
    """
    arguments = {key: value for key in group for value in [options.get(key.option)] if value is not None}
    if all(key in arguments for key in group[:2]):
        return arguments
    variables = {key: environ[key.variable] for key in group if environ.get(key.variable)}
    return {**variables, **arguments}


def _check(key: SecretKey, value: str, options: Options, mistakes: Mistakes) -> None:
    from_argument = options.get(key.option) is not None
    where, name = ("arguments", key.option) if from_argument else ("environment", key.variable)
    if not value:
        mistakes.add(where, name, "is empty")
    elif value != value.strip() or any(ord(character) < 32 for character in value):
        mistakes.add(where, name, "contains control characters, or begins or ends with white space")


def looks_secret(name: str) -> bool:
    """Whether an unknown key has the name of a secret, in any spelling."""
    word = name.lower().replace("_", "").replace("-", "")
    return (
        re.fullmatch(
            r"(dynamodb|polardb|mongodb|storage|aws)?(ak|sk|user|username|login)|credentials?|(notify)?webhook(url)?"
            r"|.*(secret|token|passw(or)?d)"
            r"|.*(access|secret)key(id)?",
            word,
        )
        is not None
    )


def where_secrets_belong(side: str) -> str:
    """The message for a secret in the file. `side` is `dynamodb`, `polardb`, `mongodb`, `notify` or
    `storage`; any other value means all of them."""
    keys = [key for key in SECRET_KEYS if key.side == side] or list(SECRET_KEYS)
    places = ", ".join(f"{key.option} ({key.variable})" for key in keys)
    return f"is a secret and must not be in the file; give it as an argument or in the environment: {places}"
