"""What an error of the server or of the driver means. Pure. No text here quotes a value of a document."""

from __future__ import annotations

import enum
import re
from typing import Any, Mapping, Union

from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from connectors.base.errors import ConfigError, TerminalError, TransientError


class MongoFaultClass(enum.Enum):
    TRANSIENT = "transient"
    """Passes by itself."""
    DUPLICATE = "duplicate"
    """Of a unique index: a document that is being written at the same time, or one that stays."""
    ITEM = "item"
    """One document is refused for good."""
    TERMINAL = "terminal"


# Names and numbers: src/mongo/base/error_codes.yml.
TRANSIENTS = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        24,  # LockTimeout
        46,  # LockBusy
        50,  # MaxTimeMSExpired
        63,  # StaleShardVersion
        64,  # WriteConcernFailed
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        112,  # WriteConflict
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        150,  # StaleEpoch
        175,  # QueryPlanKilled
        189,  # PrimarySteppedDown
        202,  # NetworkInterfaceExceededTimeLimit
        234,  # RetryChangeStream
        262,  # ExceededTimeLimit
        358,  # InternalTransactionNotSupported
        9001,  # SocketException
        10058,
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11602,  # InterruptedDueToReplStateChange
        12586,  # BackgroundOperationInProgressForDatabase
        12587,  # BackgroundOperationInProgressForNamespace
        13388,  # StaleConfig
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
        14031,  # OutOfDiskSpace
        16500,  # too many requests, as services compatible with MongoDB answer
    }
)
DUPLICATES = frozenset({11000, 11001, 12582})
TERMINALS = frozenset(
    {
        8,  # UnknownError
        13,  # Unauthorized
        18,  # AuthenticationFailed
        20,  # IllegalOperation
        59,  # CommandNotFound
        72,  # InvalidOptions
        73,  # InvalidNamespace
        166,  # CommandNotSupportedOnView
        8000,  # an Atlas error: quota, user
        10003,  # CannotGrowDocumentInCappedNamespace
    }
)
MALFORMED = frozenset(
    {
        15,  # Overflow: nested too deeply
        22,  # InvalidBSON
        10334,  # BSONObjectTooLarge
        17419,  # a document that grew too large
        17420,
    }
)
"""One document's fault, although the server may answer the whole command so, as it cannot read it."""
CREDENTIALS = frozenset({18, 8000})
DENIED = frozenset({13})


def verdict_of(code: int) -> MongoFaultClass:
    """Of one write. What is not known is the document's fault: a dead letter, never a loss."""
    if code in TRANSIENTS:
        return MongoFaultClass.TRANSIENT
    if code in DUPLICATES:
        return MongoFaultClass.DUPLICATE
    return MongoFaultClass.TERMINAL if code in TERMINALS else MongoFaultClass.ITEM


def error_of(error: PyMongoError, doing: str) -> Union[TransientError, TerminalError]:
    """`doing` begins the message: "table t: writing to MongoDB"."""
    if isinstance(error, (InvalidURI, ConfigurationError)):
        return bad_uri()
    if is_transient(error):
        return TransientError(f"{doing}: {server_message(error)}. Check mongodb.uri and the network.")
    code = error.code or 0 if isinstance(error, OperationFailure) else 0
    return TerminalError(f"{doing}: {server_message(error)}.{advice(code)}")


def bad_uri() -> ConfigError:
    """The driver's own words may quote the password."""
    return ConfigError("configuration", "mongodb.uri", "is no connection string that the driver understands")


def is_transient(error: PyMongoError) -> bool:
    if isinstance(error, (ConnectionFailure, ExecutionTimeout, WTimeoutError)):
        return True
    if isinstance(error, OperationFailure) and error.code in TRANSIENTS:
        return True
    return error.has_error_label("RetryableWriteError") or error.has_error_label("TransientTransactionError")


def advice(code: int) -> str:
    if code in CREDENTIALS:
        return " Check user and password of --mongodburi, and its authSource."
    if code in DENIED:
        roles = "readWrite on mongodb.database (and clusterManager to shard)"
        return f" Give the user of --mongodburi the role {roles}."
    return ""


def server_message(error: Union[PyMongoError, Mapping[str, Any]]) -> str:
    """The server's words, without the document that it may quote."""
    if isinstance(error, PyMongoError):
        code = error.code if isinstance(error, OperationFailure) else None
        text = str(error).split(", full error:")[0].split(", Timeout:")[0]
    else:
        code, text = error.get("code"), str(error.get("errmsg", ""))
    text = re.split(r" dup key: |(?<=ailed validation)", text)[0]
    text = " ".join(text.split())[:300].rstrip(".")
    return f"{text} (code {code})" if code else text
