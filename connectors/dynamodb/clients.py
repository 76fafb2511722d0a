"""The clients of both sides, from the settings."""

from __future__ import annotations

from typing import Callable, Optional

from connectors.base.errors import ConfigError, PreflightError
from connectors.config.credentials import AccessKey
from connectors.config.settings import Settings
from connectors.dynamodb.aws import AwsConfiguration, Role
from connectors.dynamodb.client import Client
from connectors.dynamodb.connection import Timeouts, endpoint_of
from connectors.dynamodb.credentials import ChainCredentials, Credentials, StaticCredentials
from connectors.dynamodb.faults import SOURCE, STREAMS, TARGET, SettingNames
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.same_server import ServerPlace, same_server_problem

BeforeAttempt = Optional[Callable[[], None]]


def source_client(
    settings: Settings, before_attempt: BeforeAttempt = None, seconds: Optional[float] = None
) -> Client:
    """The client of DynamoDB. `seconds` limits the retries; the default is the limit in the settings."""
    return _aws(settings, settings.dynamodb.endpoint, "dynamodb", SOURCE, seconds, before_attempt)


def streams_client(settings: Settings, seconds: Optional[float] = None) -> Client:
    return _aws(settings, settings.dynamodb.streams_url, "streams.dynamodb", STREAMS, seconds)


def target_client(
    settings: Settings, before_attempt: BeforeAttempt = None, seconds: Optional[float] = None
) -> Client:
    """The client of PolarDB's DynamoDB endpoint."""
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


def refuse_same_server(settings: Settings) -> None:
    """Raises PreflightError if DynamoDB and PolarDB's endpoint are the same server."""
    polardb, aws = settings.polardb, _configuration(settings)
    if polardb.endpoint is None:
        return
    url = settings.dynamodb.endpoint
    dynamodb = endpoint_of(url, SOURCE.endpoint) if url else aws.endpoint("dynamodb")
    problem = same_server_problem(
        ServerPlace(dynamodb, aws.region),
        ServerPlace(endpoint_of(polardb.endpoint, TARGET.endpoint), polardb.region),
    )
    if problem:
        raise PreflightError(f"{problem}.")


def _aws(
    settings: Settings,
    endpoint: Optional[str],
    service: str,
    names: SettingNames,
    seconds: Optional[float],
    before_attempt: BeforeAttempt = None,
) -> Client:
    aws = _configuration(settings)
    url = endpoint or str(aws.endpoint(service))
    return Client(
        url,
        aws.region,
        _credentials(settings, names),
        service,
        timeouts=_timeouts(settings),
        policy=_policy(settings, seconds),
        names=names,
        before_attempt=before_attempt,
        ca_bundle=aws.ca_bundle if url.startswith("https:") else "",
    )


def _configuration(settings: Settings) -> AwsConfiguration:
    return AwsConfiguration(settings.dynamodb.profile, settings.dynamodb.region)


def _credentials(settings: Settings, names: SettingNames) -> Credentials:
    dynamodb = settings.dynamodb
    key = dynamodb.access_key
    if key is not None and dynamodb.role_arn is None:
        return _static(key)
    role = Role(dynamodb.role_arn, dynamodb.external_id) if dynamodb.role_arn else None
    keys = _static(key).keys() if key is not None else None
    # Each refresh needs a new session, because a session caches its credentials.
    return ChainCredentials(names, lambda: _configuration(settings).credentials(keys, role))


def _static(key: AccessKey) -> StaticCredentials:
    return StaticCredentials(key.access_key_id.reveal(), key.secret_access_key, key.session_token)


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(read=settings.write.request_timeout_seconds)


def _policy(settings: Settings, seconds: Optional[float]) -> Policy:
    return Policy(deadline=settings.write.retry_seconds if seconds is None else seconds)
