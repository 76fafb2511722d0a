"""Access keys: those that the user gives, or those of botocore's default chain, which are refreshed.

botocore is imported on first use, because a job's `main()` may run on a machine without it.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, NamedTuple, Optional, Protocol, TypeVar

from connectors.base.errors import PolarshakeError, PreflightError, TransientError
from connectors.base.secret import Secret
from connectors.dynamodb.faults import SKEWED, ServiceError, SettingNames, shown
from connectors.dynamodb.retry import FaultClass, classify

T = TypeVar("T")


class SigningKeys(NamedTuple):
    """The keys that sign a request."""

    access_key: str
    secret_key: Secret
    token: Optional[Secret] = None


class Credentials(Protocol):
    def keys(self) -> SigningKeys:
        """Keys that are valid now. Raises TransientError while their provider cannot be reached."""
        ...

    def refresh(self) -> bool:
        """Get new keys after the service has rejected them as expired. False if there cannot be any."""
        ...


class StaticCredentials(Credentials):
    """Keys that the user gives. For PolarDB: the account's name and its generated key."""

    def __init__(self, access_key: str, secret_key: Secret, token: Optional[Secret] = None) -> None:
        self._keys = SigningKeys(access_key, secret_key, token)

    def keys(self) -> SigningKeys:
        return self._keys

    def refresh(self) -> bool:
        return False


class CredentialsError(TransientError):
    """The provider of the credentials did not answer. Transient."""


class ChainCredentials(Credentials):
    """botocore's default chain: environment, profile, web identity, container, instance role."""

    def __init__(self, names: SettingNames, load: Optional[Callable[[], Any]] = None) -> None:
        """`load` returns a botocore Credentials object or None. Raises PreflightError for None."""
        self._names, self._load = names, load or _default_chain
        self._lock = threading.Lock()
        self._source = self._resolve()

    def keys(self) -> SigningKeys:
        frozen = guarded(self._source.get_frozen_credentials)
        token = Secret(frozen.token) if frozen.token else None
        return SigningKeys(frozen.access_key, Secret(frozen.secret_key), token)

    def refresh(self) -> bool:
        """Resolve the chain again. botocore has no public method that forces a refresh early."""
        with self._lock:
            self._source = self._resolve()
        return True

    def _resolve(self) -> Any:
        source = guarded(self._load)
        if source is None:
            raise PreflightError(
                f"no AWS credentials: give {self._names.access_key} and {self._names.secret_key}, or provide "
                f"them through the environment, a profile, or a role of this machine."
            )
        return source


def _default_chain() -> Any:
    import botocore.session

    return botocore.session.get_session().get_credentials()


def assumed(session: Any, source: Any, arn: str, external_id: Optional[str]) -> Any:
    """botocore credentials of a role, refreshed before they expire. `source`: the credentials that assume
    it."""
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    extra = {"RoleSessionName": "polarshake", **({"ExternalId": external_id} if external_id else {})}
    fetcher = AssumeRoleCredentialFetcher(session.create_client, source, arn, extra_args=extra)
    return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def guarded(step: Callable[[], T]) -> T:
    """The result of a call of botocore.

    botocore raises many kinds of errors, some of them from modules below it. Each becomes a PreflightError
    that names its cause, or a CredentialsError if it is transient.
    """
    from botocore import exceptions as of_botocore

    try:
        return step()
    except PolarshakeError:
        raise
    except of_botocore.ClientError as error:
        raise _refused(error) from error
    except (
        of_botocore.HTTPClientError,
        of_botocore.CredentialRetrievalError,
        of_botocore.MetadataRetrievalError,
        of_botocore.TokenRetrievalError,
        ConnectionError,
        TimeoutError,
    ) as error:
        raise CredentialsError(f"AWS credentials could not be fetched: {error}") from error
    except Exception as error:
        # JSONDecodeError of a credential process or a cache, FileNotFoundError of a token file, and so on.
        raise PreflightError(
            f"AWS credentials cannot be read: {type(error).__name__}: {error}. Check the profile, the shared "
            f"configuration files and the AWS_ variables."
        ) from error


def _refused(error: Any) -> Exception:
    """The error for a refusal by a service that gives credentials, usually STS."""
    response = getattr(error, "response", {})
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    said = f"AWS credentials: {error.operation_name} was refused: {code}: {_first_line(error)}"
    fault = ServiceError(code, "", status)
    if classify(fault) in (FaultClass.TRANSIENT, FaultClass.THROTTLED) or code in PASSING:
        return CredentialsError(said)
    if code in SKEWED:
        return PreflightError(f"{said} Correct this machine's clock.")
    return PreflightError(
        f"{said} Check dynamodb.roleArn and dynamodb.externalId or the profile, the role's trust policy, and "
        f"the credentials that assume it."
    )


PASSING = frozenset({"IDPCommunicationError", "RequestThrottled"})


def _first_line(error: Any) -> str:
    message = error.response.get("Error", {}).get("Message") or ""
    return shown(str(message).strip().split("\n", 1)[0])
