from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base.errors import ConfigError
from connectors.config import load
from connectors.config.places import S3Place, s3_place

OTHER_STORES = ["oss://b/d", "S3A://b/d", "s3a://b/d", "minio://b/d"]
NOT_LOCAL = ["hdfs://n/d", "file:///d", "file:/d", "C:\\d", "//b/d", "S3://bucket/d", "s3:/bucket/d"]
NOT_WRITTEN_OUT = ["~/d", "~user/d", "$HOME/d", "/data/$USER/d", "/data/${X}"]
NOT_ABSOLUTE = ["d", "./d", "../d", "no", "false", "off", "1", "' /d'", "/", "/.", "/..", "/./"]
NO_BUCKET = [
    "s3://",
    "s3:///d",
    "s3://b/d",
    "s3://Bucket/d",
    "s3://my_bucket/d",
    "s3://bucket//d",
    "s3://bucket/../d",
    "s3://bucket/d//e",
    "s3://key:secret@bucket/d",
]
BUCKETS = ["s3://bucket", "s3://bucket/d", "s3://my.bucket-1/a/b c/é"]


@pytest.mark.parametrize("path", [*OTHER_STORES, *NOT_LOCAL, *NOT_WRITTEN_OUT, *NOT_ABSOLUTE, *NO_BUCKET])
def test_dead_letters_take_an_absolute_local_folder_or_a_bucket_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"--set number 1: deadLetter\.path: must be the absolute path"):
        load([f"--set=deadLetter.path={path}"], {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", OTHER_STORES)
def test_another_stores_address_is_reported_with_the_right_form(path: str) -> None:
    with pytest.raises(ConfigError, match=r"s3://bucket/prefix, and name the service in storage\.endpoint"):
        load([f"--set=deadLetter.path={path}"], {})


@pytest.mark.parametrize(
    "path", ["/mnt/dead", "/mnt/dead letters/é", "/mnt/~/dead", "/mnt/a:b", "/mnt/../dead", *BUCKETS]
)
def test_an_absolute_folder_and_a_bucket_are_taken_as_they_are(path: str) -> None:
    assert load([f"--set=deadLetter.path={path}"], {}).dead_letter.path == path


def test_a_slash_at_the_end_of_a_bucket_or_prefix_makes_no_difference() -> None:
    assert load(["--set=deadLetter.path=s3://bucket/a/"], {}).dead_letter.path == "s3://bucket/a"
    assert load(["--set=deadLetter.path=s3://bucket/"], {}).dead_letter.path == "s3://bucket"


def test_a_place_in_a_bucket_gives_the_keys_of_its_objects() -> None:
    assert s3_place("s3://bucket") == S3Place("bucket", "")
    assert s3_place("s3://bucket").key("x") == "x"
    assert s3_place("s3://bucket/a/b").key("x") == "a/b/x"


@pytest.mark.parametrize("path", ["", "~", "null"])
def test_nothing_is_nothing(path: str) -> None:
    assert load([f"--set=deadLetter.path={path}"], {}).dead_letter.path is None


@pytest.mark.parametrize("path", [*OTHER_STORES, *NOT_LOCAL, *NOT_WRITTEN_OUT, *NO_BUCKET])
def test_what_is_neither_a_local_folder_nor_a_bucket_is_refused_for_a_report_too(path: str) -> None:
    with pytest.raises(ConfigError, match=r"check\.report: must be a"):
        load([f"--set=check.report={path}"], {})


@pytest.mark.parametrize("path", [*OTHER_STORES, *NOT_LOCAL, *NOT_WRITTEN_OUT, *BUCKETS])
def test_a_file_with_keys_is_a_local_file(path: str) -> None:
    with pytest.raises(ConfigError, match=r"check\.keys: must be a path"):
        load([f"--set=check.keys={path}"], {})


@pytest.mark.parametrize("path", ["report", "./report", "../report", "/tmp/report", *BUCKETS])
def test_a_report_may_be_relative_to_where_the_job_is_submitted(path: str) -> None:
    assert load([f"--set=check.report={path}"], {}).check.report == path


def test_the_keys_of_the_storage_are_given_apart_from_the_databases() -> None:
    key = load(["--storageak=a", "--storagesk=b"], {}).storage.access_key
    assert key is not None
    assert (key.access_key_id.reveal(), key.secret_access_key.reveal()) == ("a", "b")
    environ = {"POLARSHAKE_STORAGE_AK": "c", "POLARSHAKE_STORAGE_SK": "d"}
    settings = load([], environ)
    assert settings.storage.access_key is not None
    assert settings.dynamodb.access_key is None
