"""What needs no server: how a bucket is addressed, and what an answer of the service means."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Dict, Optional, Type

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.config import Settings, load
from connectors.config.places import S3Place
from connectors.storage import s3


def error_of(code: str, status: int) -> Exception:
    return s3.refused(
        "x cannot be written", {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [("SlowDown", 503), ("InternalError", 500), ("", 502), ("RequestTimeout", 400), ("TooManyRequests", 429)],
)
def test_what_passes_by_itself_is_transient(code: str, status: int) -> None:
    assert isinstance(error_of(code, status), TransientError)


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        ("AccessDenied", 403, "s3:PutObject"),
        ("403", 403, "s3:DeleteObject"),
        ("NoSuchBucket", 404, "Create the bucket"),
        ("SignatureDoesNotMatch", 403, "--storagesk"),
        ("InvalidAccessKeyId", 403, "--storageak"),
        ("PermanentRedirect", 301, "storage.region"),
    ],
)
def test_what_a_person_must_change_is_terminal_and_says_what(code: str, status: int, advice: str) -> None:
    error = error_of(code, status)
    assert isinstance(error, TerminalError)
    assert code in str(error)
    assert advice in str(error)


@pytest.mark.parametrize(
    ("endpoint", "choice", "style"),
    [
        ("", "auto", "virtual"),
        ("https://s3.oss-cn-beijing.aliyuncs.com", "auto", "virtual"),
        ("https://s3.oss-cn-beijing-internal.aliyuncs.com", "auto", "virtual"),
        ("http://minio:9000", "auto", "path"),
        ("https://aliyuncs.com.example.org", "auto", "path"),
        ("http://minio:9000", "virtual", "virtual"),
        ("", "path", "path"),
    ],
)
def test_oss_gets_the_bucket_in_the_host_name_and_minio_in_the_path(
    endpoint: str, choice: str, style: str
) -> None:
    assert s3.addressing_of(endpoint, choice) == style


def settings_of(*argv: str) -> Settings:
    return load([*argv, "--storageak=local", "--storagesk=very-secret"], {})


def test_the_client_signs_for_the_storages_region_and_goes_to_its_endpoint() -> None:
    client = s3.client_of(settings_of("--set=storage.endpoint=http://minio:9000", "--set=storage.region=r-1"))
    assert (client.meta.endpoint_url, client.meta.region_name) == ("http://minio:9000", "r-1")


def test_no_checksum_goes_into_a_trailer_which_oss_refuses() -> None:
    config = s3.client_of(settings_of("--set=storage.region=r-1")).meta.config
    assert getattr(config, "request_checksum_calculation", "when_required") == "when_required"


def test_the_regions_of_the_default_chain_and_of_dynamodb_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    assert s3.client_of(settings_of("--set=dynamodb.region=cn-north-1")).meta.region_name == "cn-north-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert s3.client_of(settings_of("--set=dynamodb.region=cn-north-1")).meta.region_name == "eu-west-1"


def test_no_credentials_is_a_terminal_error_that_names_the_options() -> None:
    from botocore.exceptions import EndpointConnectionError, NoCredentialsError

    missing = s3.unreachable("x cannot be written", NoCredentialsError())
    assert isinstance(missing, TerminalError)
    assert "--storageak" in str(missing)
    cut = s3.unreachable("x cannot be written", EndpointConnectionError(endpoint_url="http://h"))
    assert isinstance(cut, TransientError)


def test_the_sdk_is_not_loaded_before_a_bucket_is_used() -> None:
    script = (
        "import sys, connectors.storage.open, connectors.storage.s3, connectors.command.app\n"
        "assert not {'boto3', 'botocore'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


class Bucket:
    """botocore's client of one bucket, in memory."""

    def __init__(self) -> None:
        self.objects: Dict[str, bytes] = {}
        self.error: Optional[Exception] = None

    def put_object(self, Bucket: str, Key: str, Body: Any) -> None:
        if self.error:
            raise self.error
        self.objects[Key] = Body if isinstance(Body, bytes) else Body.read()


def failed(code: str, status: int) -> Exception:
    from botocore.exceptions import ClientError

    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")  # type: ignore[arg-type]


def test_each_addition_to_a_log_is_in_the_bucket_with_all_before_it() -> None:
    bucket = Bucket()
    log = s3.S3Storage(S3Place("bucket", "a/b"), bucket).log("dead-1")
    log.append(b"one\n")
    log.append(b"two\n")
    assert bucket.objects == {"a/b/dead-1-000001.jsonl": b"one\ntwo\n"}


def test_a_full_object_is_followed_by_another_and_never_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3, "LOG_BYTES", 8)
    bucket = Bucket()
    log = s3.S3Storage(S3Place("bucket", ""), bucket).log("dead-1")
    for line in (b"one\n", b"two\n", b"three\n"):
        log.append(line)
    assert bucket.objects == {"dead-1-000001.jsonl": b"one\ntwo\n", "dead-1-000002.jsonl": b"three\n"}


@pytest.mark.parametrize(
    ("error", "kind"),
    [(failed("SlowDown", 503), TransientError), (failed("AccessDenied", 403), TerminalError)],
)
def test_lines_that_were_refused_are_not_stored_with_the_next_ones(
    error: Exception, kind: Type[Exception]
) -> None:
    """Their writes were not done: the job repeats them, and stores their letters then."""
    bucket = Bucket()
    log = s3.S3Storage(S3Place("bucket", ""), bucket).log("dead-1")
    log.append(b"one\n")
    bucket.error = error
    with pytest.raises(kind, match=r"s3://bucket/dead-1-000001\.jsonl cannot be written"):
        log.append(b"two\n")
    bucket.error = None
    log.append(b"three\n")
    assert bucket.objects == {"dead-1-000001.jsonl": b"one\nthree\n"}
