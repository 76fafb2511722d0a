"""Settings of the databases. Each database has one section; the job decides which of them is the source."""

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
    """Amazon DynamoDB. Keys are given with --dynamodbak and --dynamodbsk; without them, the SDK's default
    credential chain is used."""

    region: Optional[str] = key(
        REGION, None, "AWS region; empty: the region of the default chain (AWS_REGION or the profile)"
    )
    endpoint: Optional[str] = key(
        Url(), None, "address of a local server or of a private endpoint; empty: AWS"
    )
    streams_endpoint: Optional[str] = key(
        Url(), None, "endpoint of the Streams API; empty: dynamodb.endpoint, or AWS if that is empty too"
    )
    profile: Optional[str] = key(
        Text("a profile's name"),
        None,
        "profile in the shared AWS credentials file; cannot be combined with keys",
    )
    role_arn: Optional[str] = key(
        Text(
            "the ARN of a role, such as arn:aws:iam::123456789012:role/reader",
            r"arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}",
        ),
        None,
        "role to assume, with the keys or the credentials of the default chain; it can belong to another "
        "account",
    )
    external_id: Optional[str] = key(
        Text("2 to 1224 letters, digits or + = , . @ : / _ -", r"[\w+=,.@:/-]{2,1224}"),
        None,
        "the external id that the role's trust policy requires",
    )
    access_key: Optional[AccessKey] = None
    """None: credentials come from the default chain or from `profile`."""

    @property
    def streams_url(self) -> Optional[str]:
        """None: AWS."""
        return self.streams_endpoint or self.endpoint


@dataclass(frozen=True)
class PolarDb:
    """PolarDB for PostgreSQL. The forward job and the check use its DynamoDB-compatible endpoint (keys:
    --polardbak, --polardbsk). The reverse job uses PostgreSQL's logical replication (--polardbusername,
    --polardbpassword)."""

    endpoint: Optional[str] = key(
        Url(), None, "the DynamoDB-compatible endpoint; in PolarDB it is on port 5432, without HTTPS"
    )
    region: str = key(REGION, "us-east-1", "region in the signature of requests; PolarDB accepts any region")
    hostname: Optional[str] = key(
        Text("a host name or an address", r"[A-Za-z0-9_.:-]{1,253}"),
        None,
        "reverse job: private address of the primary node, not of the proxy",
    )
    port: int = key(Integer(1, 65535), 5432, "reverse job: PostgreSQL's port", "port")
    database: str = key(
        Text("a database name of 1 to 63 characters", r"[^\s\x00-\x1f]{1,63}"),
        "polardb_internal_dynamodb",
        "reverse job: the database that contains the tables",
    )
    ssl_mode: str = key(
        Choice("disable", "prefer", "require", "verify-ca", "verify-full"),
        "prefer",
        "reverse job: TLS to PostgreSQL. prefer: if the server supports it, without verification; require: "
        "always, without verification; verify-ca: verify the server's certificate; verify-full: also verify "
        "the server's name",
    )
    ssl_root_cert: Optional[str] = key(
        Text("a path to a file", r"[^\x00-\x1f]{1,4096}"),
        None,
        "reverse job: file with the certificates of the authorities that sign the server's certificate; it "
        "must exist on every machine that connects",
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
    """MongoDB, used with `target: mongodb`. A connection string with a password is given with
    --mongodburi."""

    uri: Optional[str] = key(
        MongoUri(), None, "the connection string, if it contains no secret; --mongodburi overrides it"
    )
    database: Optional[str] = key(
        Text("a database name of 1 to 63 characters", r"[^\s/\\.\"$*<>:|?\x00-\x1f]{1,63}"),
        None,
        "the database; each table becomes a collection of the same name",
    )
    convert: str = key(
        Choice("change", "raw"),
        "change",
        "change: plain values, numbers as long or Decimal128; raw: each value with its type, such as "
        '{"N": "1234"}',
    )
    document_id: str = key(
        Choice("objectId", "key"),
        "objectId",
        "value of _id. objectId: an ObjectId, with a unique index on the key attributes; key: the key "
        "attributes, and no unique index is needed",
    )
    id_prefix: str = key(
        Text("1 to 100 letters, digits or _", r"[A-Za-z0-9_]{1,100}"),
        "pre",
        "prefix for the name of an attribute that is called _id",
    )
    long_numbers: str = key(
        Choice("text", "deadLetter"),
        "text",
        "with convert: change, action for a number of more than 34 digits, which does not fit into "
        "Decimal128. text: store it as a string, count and log it; deadLetter: reject the item",
    )
    shard: bool = key(
        Flag(), False, "on a sharded cluster, shard each new collection by its hashed partition key"
    )
    secret_uri: Optional[Secret] = None

    @property
    def address(self) -> Optional[Secret]:
        """The connection string, from the argument, the environment or the file."""
        return self.secret_uri or (Secret(self.uri) if self.uri else None)
