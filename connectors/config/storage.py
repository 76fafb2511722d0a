"""Settings of the service that stores places beginning with s3://."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from connectors.config.credentials import AccessKey
from connectors.config.keys import key
from connectors.config.kinds import Choice, Url
from connectors.config.sides import REGION


@dataclass(frozen=True)
class StorageSettings:
    """The service for places that begin with s3://: Amazon S3, OSS or MinIO. Keys are given with --storageak
    and --storagesk; without them, the SDK's default credential chain is used."""

    endpoint: Optional[str] = key(
        Url(),
        None,
        "S3 endpoint of a service other than Amazon S3, such as https://s3.oss-cn-beijing.aliyuncs.com; "
        "empty: Amazon S3",
    )
    region: Optional[str] = key(
        REGION, None, "the bucket's region; empty: the region of the default chain, else dynamodb.region"
    )
    addressing: str = key(
        Choice("auto", "virtual", "path"),
        "auto",
        "position of the bucket's name in a URL. virtual: in the host name, as OSS requires; path: in the "
        "path, as MinIO expects; auto: virtual for Amazon S3 and aliyuncs.com, path for other endpoints",
    )
    access_key: Optional[AccessKey] = None
    """None: credentials come from the default chain."""
