"""Access keys, always resolved by botocore: static ones, or its default chain with refresh.

botocore is imported on first use: a job's `main()` may run where only the workers have it.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, NamedTuple, Optional, Protocol

from connectors.base.errors import PreflightError, TransientError
from connectors.base.secret import Secret
from connectors.dynamodb.faults import SettingNames


class SigningKeys(NamedTuple):
    """What signs one request."""

    access_key: str
    secret_key: Secret
    token: Optional[Secret] = None


class Credentials(Protocol):
    def keys(self) -> SigningKeys:
        """Keys valid now. Raises TransientError while their provider cannot be reached."""
        ...

    def refresh(self) -> bool:
        """Get new keys after the service called them expired; False where there can be none."""
        ...


class StaticCredentials:
    """Keys the user gave. PolarDB: the account's name and its generated key."""

    def __init__(self, access_key: str, secret_key: Secret, token: Optional[Secret] = None) -> None:
        self._keys = SigningKeys(access_key, secret_key, token)

    def keys(self) -> SigningKeys:
        return self._keys

    def refresh(self) -> bool:
        return False


class ChainCredentials:
    """botocore's default chain: environment, profile, web identity, container, instance role."""

    def __init__(self, names: SettingNames, load: Optional[Callable[[], Any]] = None) -> None:
        """`load` gives a botocore Credentials object or None. Raises PreflightError if it gives none."""
        self._names, self._load = names, load or _default_chain
        self._lock = threading.Lock()
        self._source = self._resolve()

    def keys(self) -> SigningKeys:
        frozen = _guarded(self._source.get_frozen_credentials)
        token = Secret(frozen.token) if frozen.token else None
        return SigningKeys(frozen.access_key, Secret(frozen.secret_key), token)

    def refresh(self) -> bool:
        """Resolve the chain anew: botocore has no public way to force a refresh before its own time."""
        with self._lock:
            self._source = self._resolve()
        return True

    def _resolve(self) -> Any:
        source = _guarded(self._load)
        if source is None:
            raise PreflightError(
                f"no AWS credentials: give {self._names.access_key} and {self._names.secret_key}, or provide "
                f"them through the environment, a profile, or a role of this machine."
            )
        return source


def _default_chain() -> Any:
    import botocore.session

    return botocore.session.get_session().get_credentials()


def _guarded(step: Callable[[], Any]) -> Any:
    from botocore.exceptions import BotoCoreError

    try:
        return step()
    except BotoCoreError as error:
        raise TransientError(f"AWS credentials could not be fetched: {error}") from error
