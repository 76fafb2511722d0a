"""Durable places: an absolute local folder, or s3://bucket/prefix."""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.config.document import Given
from connectors.config.folders import LocalPath
from connectors.config.kinds import Text
from connectors.config.mistakes import InvalidValue

S3 = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OTHER_STORE = re.compile(r"(oss|s3a|s3n|minio|cos|gs)://", re.IGNORECASE)


class S3Place(NamedTuple):
    bucket: str
    prefix: str
    """The prefix without slashes at its ends; may be empty."""

    def key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def __str__(self) -> str:
        return f"{S3}{self.bucket}/{self.prefix}".rstrip("/")


def is_s3(place: str) -> bool:
    return place.startswith(S3)


def s3_place(place: str) -> S3Place:
    """The bucket and the prefix. Raises ValueError unless `place` is s3://bucket or s3://bucket/prefix."""
    bucket, _, prefix = place[len(S3) :].partition("/")
    prefix = prefix.rstrip("/")
    parts = prefix.split("/") if prefix else []
    if not is_s3(place) or not _BUCKET.fullmatch(bucket):
        raise ValueError("not a bucket")
    if any(part in ("", ".", "..") for part in parts) or not prefix.isprintable():
        raise ValueError("not a prefix")
    return S3Place(bucket, prefix)


class StoragePlace(Text):
    """A durable place. `relative`: a local folder may be relative to the folder where the job is
    submitted."""

    def __init__(self, example: str, relative: bool = False) -> None:
        folder = "a local folder" if relative else "the absolute path of a local folder"
        super().__init__(f"{folder}, such as {example}, or s3://bucket/prefix")
        self._folder, self._relative = LocalPath(self.label), relative

    def read(self, given: Given) -> str:
        place = super().read(given)
        if is_s3(place):
            return self._bucket(place)
        if _OTHER_STORE.match(place):
            raise InvalidValue(
                f"must be {self.label}: write s3://bucket/prefix, and name the service in storage.endpoint"
            )
        place = self._folder.read(given)
        if not self._relative and (not place.startswith("/") or not place.strip("/.")):
            raise InvalidValue(f"must be {self.label}")
        return place

    def _bucket(self, place: str) -> str:
        try:
            return str(s3_place(place))
        except ValueError:
            raise InvalidValue(
                f"must be {self.label}: a bucket has 3 to 63 lower-case letters, digits, - or ., and no part "
                f"of a prefix is empty, . or .."
            ) from None
