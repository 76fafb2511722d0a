"""The clients of both sides, from the settings."""

from __future__ import annotations

from typing import Callable, Optional

from connectors.base.errors import ConfigError
from connectors.config.credentials import AccessKey
from connectors.config.settings import Settings
from connectors.dynamodb.client import Client
from connectors.dynamodb.connection import Timeouts
from connectors.dynamodb.credentials import ChainCredentials, Credentials, StaticCredentials
from connectors.dynamodb.faults import SOURCE, STREAMS, TARGET, SettingNames
from connectors.dynamodb.retry import Policy

BeforeAttempt = Optional[Callable[[], None]]


def source_client(
    settings: Settings, before_attempt: BeforeAttempt = None, seconds: Optional[float] = None
) -> Client:
    """DynamoDB itself. `seconds` bounds retries; by default the settings' bound."""
    return _aws(settings, settings.dynamodb.endpoint, "dynamodb", SOURCE, seconds, before_attempt)


def streams_client(settings: Settings, seconds: Optional[float] = None) -> Client:
    return _aws(settings, settings.dynamodb.streams_url, "streams.dynamodb", STREAMS, seconds)


def target_client(
    settings: Settings, before_attempt: BeforeAttempt = None, seconds: Optional[float] = None
) -> Client:
    """PolarDB's DynamoDB endpoint."""
    polardb = settings.polardb
    if polardb.endpoint is None or polardb.access_key is None:
        raise ConfigError("application.yaml", "polardb", "endpoint and access key are needed")
    return Client(
        polardb.endpoint,
        polardb.region,
        _static(polardb.access_key),
        timeouts=_timeouts(settings),
        policy=_policy(settings, seconds),
        names=TARGET,
        before_attempt=before_attempt,
    )


def _aws(
    settings: Settings,
    endpoint: Optional[str],
    service: str,
    names: SettingNames,
    seconds: Optional[float],
    before_attempt: BeforeAttempt = None,
) -> Client:
    key = settings.dynamodb.access_key
    credentials: Credentials = _static(key) if key else ChainCredentials(names, _profile(settings))
    return Client(
        endpoint or "",
        settings.dynamodb.region or _chain_region(settings),
        credentials,
        service,
        timeouts=_timeouts(settings),
        policy=_policy(settings, seconds),
        names=names,
        before_attempt=before_attempt,
    )


def _static(key: AccessKey) -> StaticCredentials:
    return StaticCredentials(key.access_key_id.reveal(), key.secret_access_key, key.session_token)


def _profile(settings: Settings) -> Optional[Callable[[], object]]:
    profile = settings.dynamodb.profile
    if profile is None:
        return None

    def load() -> object:
        import botocore.session

        return botocore.session.Session(profile=profile).get_credentials()

    return load


def _chain_region(settings: Settings) -> str:
    import botocore.session

    region = botocore.session.Session(profile=settings.dynamodb.profile).get_config_variable("region")
    if not region:
        raise ConfigError(
            "application.yaml",
            "dynamodb.region",
            "is not set, and neither AWS_REGION nor the profile has one",
        )
    return str(region)


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(read=settings.write.request_timeout_seconds)


def _policy(settings: Settings, seconds: Optional[float]) -> Policy:
    return Policy(deadline=settings.write.retry_seconds if seconds is None else seconds)
