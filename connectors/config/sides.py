"""The databases. Each is named once; the job decides which is the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from connectors.base.secret import Secret
from connectors.config.credentials import AccessKey, Login
from connectors.config.keys import key
from connectors.config.kinds import Choice, Flag, Integer, MongoUri, Text, Url

REGION = Text("a region such as cn-north-1", r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
IDENTIFIER = Text("a PostgreSQL name of 1 to 63 letters, digits or _", r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True)
class DynamoDb:
    """Amazon DynamoDB. Keys: --dynamodbak and --dynamodbsk; neither: the SDK's default chain."""

    region: Optional[str] = key(
        REGION, None, "the region; empty: that of the default chain (AWS_REGION, profile)"
    )
    endpoint: Optional[str] = key(Url(), None, "for a local server or a private endpoint; empty: AWS")
    streams_endpoint: Optional[str] = key(
        Url(), None, "the Streams API's endpoint; empty: the one above, or AWS"
    )
    profile: Optional[str] = key(
        Text("a profile's name"), None, "profile of the shared AWS credentials file; not together with keys"
    )
    role_arn: Optional[str] = key(
        Text(
            "the ARN of a role, such as arn:aws:iam::123456789012:role/reader",
            r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}",
        ),
        None,
        "assume this role, with the keys or what the default chain gives; it may be another account's",
    )
    external_id: Optional[str] = key(
        Text("2 to 1224 letters, digits or + = , . @ : / _ -", r"[\w+=,.@:/-]{2,1224}"),
        None,
        "the external id that the role's trust policy asks for",
    )
    access_key: Optional[AccessKey] = None
    """None: the default chain, or `profile`."""

    @property
    def streams_url(self) -> Optional[str]:
        """None: AWS."""
        return self.streams_endpoint or self.endpoint


@dataclass(frozen=True)
class PolarDb:
    """PolarDB for PostgreSQL. Its endpoint speaks DynamoDB's protocol (keys: --polardbak, --polardbsk);
    the reverse job reads its logical replication (--polardbusername, --polardbpassword)."""

    endpoint: Optional[str] = key(
        Url(), None, "the DynamoDB-compatible endpoint; PolarDB has it on port 5432, without HTTPS"
    )
    region: str = key(REGION, "us-east-1", "goes into the signature only; the endpoint accepts any")
    hostname: Optional[str] = key(
        Text("a host name or an address", r"[A-Za-z0-9_.:-]{1,253}"),
        None,
        "reverse job: the primary's private address, not the proxy's",
    )
    port: int = key(Integer(1, 65535), 5432, "reverse job: PostgreSQL's port", "port")
    database: str = key(
        Text("a database name of 1 to 63 characters", r"[^\s\x00-\x1f]{1,63}"),
        "polardb_internal_dynamodb",
        "reverse job: the database that holds the tables",
    )
    ssl_mode: str = key(
        Choice("disable", "prefer", "require", "verify-ca", "verify-full"),
        "prefer",
        "reverse job: TLS to PostgreSQL. prefer: if the server offers it, without any check; require: "
        "always; verify-ca and verify-full also check the server's certificate, verify-full its name too",
    )
    ssl_root_cert: Optional[str] = key(
        Text("a path to a file", r"[^\x00-\x1f]{1,4096}"),
        None,
        "reverse job: file with the certificates that sign the server's, on every machine that connects",
    )
    slot_name: str = key(
        Text("a slot name of 1 to 63 lower-case letters, digits or _", r"[a-z0-9_]{1,63}"),
        "flink_slot",
        "reverse job: the replication slot",
    )
    publication: str = key(
        IDENTIFIER, "dbz_publication", "reverse job: the publication; create it before the slot"
    )
    access_key: Optional[AccessKey] = None
    login: Optional[Login] = None


@dataclass(frozen=True)
class MongoDb:
    """MongoDB, with `target: mongodb`. A connection string with a password: --mongodburi."""

    uri: Optional[str] = key(
        MongoUri(), None, "the connection string, if it holds no secret; --mongodburi wins over it"
    )
    database: Optional[str] = key(
        Text("a database name of 1 to 63 characters", r"[^\s/\\.\"$*<>:|?\x00-\x1f]{1,63}"),
        None,
        "the database; each table becomes a collection of its name",
    )
    convert: str = key(
        Choice("change", "raw"),
        "change",
        "change: plain values, numbers as long or Decimal128; raw: each value with its type, as "
        '{"N": "1234"}',
    )
    document_id: str = key(
        Choice("objectId", "key"),
        "objectId",
        "objectId: an ObjectId, and a unique index on the key attributes; key: the key attributes are the "
        "_id, and no unique index is needed",
    )
    id_prefix: str = key(
        Text("1 to 100 letters, digits or _", r"[A-Za-z0-9_]{1,100}"),
        "pre",
        "goes before the name of an attribute that is called _id",
    )
    long_numbers: str = key(
        Choice("text", "deadLetter"),
        "text",
        "convert: change, a number of more than 34 digits, which Decimal128 cannot hold: text stores it as "
        "a string, counts and logs it; deadLetter refuses the item",
    )
    shard: bool = key(
        Flag(), False, "sharded clusters: shard each new collection on its hashed partition key"
    )
    secret_uri: Optional[Secret] = None

    @property
    def address(self) -> Optional[Secret]:
        """The connection string, wherever it came from."""
        return self.secret_uri or (Secret(self.uri) if self.uri else None)
