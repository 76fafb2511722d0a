"""Settings as a user would give them: with the arguments and the environment of a job."""

from __future__ import annotations

from typing import Any, List, Mapping

from connectors.config import load
from connectors.config.settings import Settings
from local.stack.source import ACCESS_KEY, SECRET_KEY, Source


def arguments(wanted: Mapping[str, Any], **changed: Any) -> List[str]:
    """The arguments. `wanted`: values by name in application.yaml. `changed` overrides it, with `__` for
    dots."""
    sets = {**wanted, **{name.replace("__", "."): value for name, value in changed.items()}}
    return [word for name, value in sets.items() for word in ("--set", f"{name}={value}")]


def settings_for(
    source: Source, wanted: Mapping[str, Any], environ: Mapping[str, str], **changed: Any
) -> Settings:
    """Settings with the local stack's DynamoDB. `environ`: the other side's secrets."""
    dynamodb = {"dynamodb.endpoint": source.address, "dynamodb.region": "us-east-1"}
    keys = {"POLARSHAKE_DYNAMODB_AK": ACCESS_KEY, "POLARSHAKE_DYNAMODB_SK": SECRET_KEY}
    return load(arguments({**dynamodb, **wanted}, **changed), {**keys, **environ})
