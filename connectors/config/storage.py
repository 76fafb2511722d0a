"""How to reach the buckets that s3:// places name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from connectors.config.credentials import AccessKey
from connectors.config.keys import key
from connectors.config.kinds import Choice, Url
from connectors.config.sides import REGION


@dataclass(frozen=True)
class StorageSettings:
    """For places that begin with s3://, in Amazon S3, OSS or MinIO. Keys: --storageak and --storagesk;
    neither: the SDK's default chain."""

    endpoint: Optional[str] = key(
        Url(),
        None,
        "the S3 endpoint of another service, such as https://s3.oss-cn-beijing.aliyuncs.com; empty: "
        "Amazon S3",
    )
    region: Optional[str] = key(
        REGION, None, "the bucket's region; empty: that of the default chain, then dynamodb.region"
    )
    addressing: str = key(
        Choice("auto", "virtual", "path"),
        "auto",
        "where the bucket's name goes. virtual: in the host name, as OSS requires; path: in the path, as "
        "MinIO expects; auto: virtual for Amazon S3 and aliyuncs.com, path for other endpoints",
    )
    access_key: Optional[AccessKey] = None
    """None: the default chain."""
