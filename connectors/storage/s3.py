"""A prefix of a bucket in Amazon S3, or in a service with the same interface.

The client is botocore's, so an engine that has botocore but not boto3 can use it. It is imported on first
use, because the import takes longer than the whole command.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import IO, Any, Iterable, Iterator, List, Union
from urllib.parse import urlsplit

from connectors.base.errors import PolarshakeError, TerminalError, TransientError
from connectors.config.places import S3Place
from connectors.config.settings import Settings
from connectors.storage.contract import Log, Storage

LOG_BYTES = 1 << 20
"""Maximum size of an object of a log. Objects cannot grow, so up to this size each append sends the whole
object."""
IN_MEMORY = 8 << 20
"""Maximum bytes of an object that is buffered in memory while it is written. A larger one is buffered in a
file."""
ATTEMPTS = 5

MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
TRANSIENTS = frozenset(
    {
        *("InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "Throttling"),
        *("ThrottlingException", "RequestLimitExceeded", "OperationAborted", "TooManyRequests"),
    }
)
DENIED = frozenset({"AccessDenied", "AllAccessDisabled", "403", "Forbidden"})
WRONG_KEYS = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"})
RIGHTS = "s3:PutObject, s3:GetObject, s3:DeleteObject and, for the bucket, s3:ListBucket"


class S3Storage(Storage):
    def __init__(self, place: S3Place, client: Any) -> None:
        """`client`: botocore's client of the service s3, which is thread-safe."""
        self.place, self._at, self._client = str(place), place, client

    def log(self, stem: str) -> Log:
        return _ObjectLog(self, stem)

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            for chunk in chunks:
                file.write(chunk)
            file.seek(0)
            self.put(name, file)

    def put(self, name: str, body: Union[bytes, IO[bytes]]) -> None:
        """Write an object, which readers see only when it is complete. One request accepts up to 5 GB."""
        with _explained(f"{self.place}/{name}", "written"):
            self._client.put_object(Bucket=self._at.bucket, Key=self._at.key(name), Body=body)

    def lines(self, name: str) -> Iterator[bytes]:
        with _explained(f"{self.place}/{name}", "read"):
            try:
                answer = self._client.get_object(Bucket=self._at.bucket, Key=self._at.key(name))
            except self._client.exceptions.ClientError as error:
                if code_of(error) in MISSING:
                    return
                raise
            yield from answer["Body"].iter_lines(keepends=True)

    def names(self, prefix: str = "") -> List[str]:
        start = self._at.key("")
        with _explained(self.place, "listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._at.bucket, Prefix=start + prefix, Delimiter="/"
            )
            return sorted(entry["Key"][len(start) :] for page in pages for entry in page.get("Contents", ()))

    def delete(self, name: str) -> None:
        with _explained(f"{self.place}/{name}", "deleted"):
            self._client.delete_object(Bucket=self._at.bucket, Key=self._at.key(name))


class _ObjectLog(Log):
    """A log in the objects `stem`-000001.jsonl and so on. Each contains complete lines."""

    def __init__(self, storage: S3Storage, stem: str) -> None:
        self._storage, self._stem, self._number, self._lines = storage, stem, 1, b""

    def append(self, lines: bytes) -> None:
        if self._lines and len(self._lines) + len(lines) > LOG_BYTES:
            self._number, self._lines = self._number + 1, b""
        grown = self._lines + lines
        self._storage.put(f"{self._stem}-{self._number:06}.jsonl", grown)
        self._lines = grown

    def close(self) -> None:
        pass


def addressing_of(endpoint: str, choice: str) -> str:
    """The addressing: path or virtual. `endpoint`: empty for Amazon S3."""
    if choice != "auto":
        return choice
    host = urlsplit(endpoint).hostname or ""
    return "virtual" if not endpoint or host.endswith(".aliyuncs.com") else "path"


def client_of(settings: Settings) -> Any:
    """The client. Raises TerminalError if the SDK rejects its own configuration."""
    import botocore.session

    storage, key = settings.storage, settings.storage.access_key
    with _explained("the client of s3", "opened"):
        session = botocore.session.get_session()
        region = storage.region or session.get_config_variable("region") or settings.dynamodb.region
        return session.create_client(
            "s3",
            region_name=region or "us-east-1",
            endpoint_url=storage.endpoint,
            aws_access_key_id=key.access_key_id.reveal() if key else None,
            aws_secret_access_key=key.secret_access_key.reveal() if key else None,
            aws_session_token=key.session_token.reveal() if key and key.session_token else None,
            config=_config(addressing_of(storage.endpoint or "", storage.addressing)),
        )


def _config(style: str) -> Any:
    from botocore.config import Config

    # OSS rejects the checksums that newer versions send in the trailers of each request.
    checksums = {
        name: "when_required"
        for name in ("request_checksum_calculation", "response_checksum_validation")
        if name in Config.OPTION_DEFAULTS
    }
    return Config(
        signature_version="s3v4",
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        s3={"addressing_style": style},
        **checksums,
    )


def code_of(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _explained(what: str, done: str) -> Iterator[None]:
    """Convert the SDK's errors to errors of this project. Their texts contain no credentials, but may quote a
    request."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise refused(f"{what} cannot be {done}", error.response) from error
    except BotoCoreError as error:
        raise unreachable(f"{what} cannot be {done}", error) from error


def refused(problem: str, response: Any) -> PolarshakeError:
    """The error for an answer, by its code and status."""
    code = str(response.get("Error", {}).get("Code", "")) or "an error without a code"
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in TRANSIENTS or status in (408, 429) or status >= 500:
        return TransientError(f"{problem}: the service answers {code} (HTTP {status}) repeatedly")
    return TerminalError(f"{problem}: {code}. {_advice(code)}")


def _advice(code: str) -> str:
    if code in WRONG_KEYS:
        return "Check --storageak and --storagesk, or the SDK's default chain, and storage.endpoint"
    if code in DENIED:
        return f"Allow these credentials {RIGHTS}"
    if code == "NoSuchBucket":
        return "Create the bucket, or correct its name, storage.region or storage.endpoint"
    return "Check the place, storage.endpoint, storage.region and storage.addressing"


def unreachable(problem: str, error: Exception) -> PolarshakeError:
    """The error for a request without an answer, by the class of the SDK's error."""
    from botocore import exceptions as of_botocore

    if isinstance(error, (of_botocore.NoCredentialsError, of_botocore.PartialCredentialsError)):
        return TerminalError(
            f"{problem}: there are no credentials. Give --storageak and --storagesk, or provide the SDK's "
            f"default chain on every worker"
        )
    transient = (
        of_botocore.HTTPClientError,
        of_botocore.ConnectionError,
        of_botocore.CredentialRetrievalError,
    )
    words = f"{problem}: {type(error).__name__}: check storage.endpoint, storage.region and the network"
    return TransientError(words) if isinstance(error, transient) else TerminalError(words)
