"""What an error of the server or of the driver means. Pure. No text here quotes a value of a document."""

from __future__ import annotations

import enum
import re
from typing import Any, Mapping, Union

from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidURI,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from connectors.base.errors import ConfigError, TerminalError, TransientError
from connectors.base.text import visible


class MongoFaultClass(enum.Enum):
    TRANSIENT = "transient"
    """Passes by itself."""
    DUPLICATE = "duplicate"
    """Of a unique index: a document that is being written at the same time, or one that stays."""
    ITEM = "item"
    """One document is refused for good."""
    TERMINAL = "terminal"


# Names and numbers: src/mongo/base/error_codes.yml. Transient are all of its categories RetriableError,
# NetworkError, NotPrimaryError, ShutdownError, Interruption, ExceededTimeLimitError, SnapshotError,
# NeedRetargettingError, WriteConcernError and SystemOverloadedError, and what else passes when a server, a
# lock or a migration has got on. 1 is among them: servers give it for what went wrong inside them.
TRANSIENTS = frozenset(
    {
        1,  # InternalError
        6,  # HostUnreachable
        7,  # HostNotFound
        24,  # LockTimeout
        46,  # LockBusy
        50,  # MaxTimeMSExpired
        63,  # StaleShardVersion
        64,  # WriteConcernTimeout
        79,  # UnknownReplWriteConcern
        89,  # NetworkTimeout
        90,  # CallbackCanceled
        91,  # ShutdownInProgress
        94,  # NotYetInitialized
        100,  # UnsatisfiableWriteConcern
        107,  # LockFailed
        109,  # ConfigurationInProgress
        112,  # WriteConflict
        117,  # ConflictingOperationInProgress
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        145,  # PooledConnectionsDropped
        149,  # NoConfigPrimary
        150,  # StaleEpoch
        175,  # QueryPlanKilled
        189,  # PrimarySteppedDown
        194,  # BalancerInterrupted
        202,  # NetworkInterfaceExceededTimeLimit
        203,  # ShardingStateNotInitialized
        208,  # TooManyLocks
        215,  # DatabaseDropPending
        216,  # ElectionInProgress
        228,  # SessionTransferIncomplete
        234,  # RetryChangeStream
        237,  # CursorKilled
        239,  # SnapshotTooOld
        246,  # SnapshotUnavailable
        249,  # StaleDbVersion
        250,  # StaleChunkHistory
        261,  # TooManyLogicalSessions
        262,  # ExceededTimeLimit
        264,  # TooManyFilesOpen
        267,  # PreparedTransactionInProgress
        272,  # MigrationConflict
        276,  # IndexBuildAborted
        279,  # ClientDisconnect
        281,  # TransactionCoordinatorSteppingDown
        282,  # TransactionCoordinatorReachedAbortDecision
        290,  # TransactionExceededLifetimeLimitSeconds
        303,  # SplitHorizonChange
        310,  # PeriodicJobIsStopped
        317,  # ConnectionPoolExpired
        319,  # MovePrimaryInProgress
        333,  # ServiceExecutorInShutdown
        342,  # ReshardingCriticalSectionTimeout
        343,  # ShardCannotRefreshDueToLocksHeld
        355,  # InterruptedDueToStorageChange
        358,  # InternalTransactionNotSupported
        363,  # RetryableTransactionInProgress
        365,  # TemporarilyUnavailable
        371,  # UserWritesBlocked
        384,  # ConnectionError
        391,  # ReauthenticationRequired
        402,  # ResourceExhausted
        406,  # MigrationBlockingOperationCoordinatorCleaningUp
        407,  # PooledConnectionAcquisitionExceededTimeLimit
        412,  # UpdatesStillPending
        414,  # AddOrRemoveShardInProgress
        433,  # AdmissionQueueOverflow
        449,  # RateLimitExceeded
        450,  # PooledConnectionAcquisitionRejected
        453,  # InterruptedDueToReshardingCriticalSection
        462,  # IngressRequestRateLimitExceeded
        9001,  # SocketException
        9996,  # RecvStaleConfig
        10058,  # LegacyNotPrimary
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11601,  # Interrupted
        11602,  # InterruptedDueToReplStateChange
        12586,  # BackgroundOperationInProgressForDatabase
        12587,  # BackgroundOperationInProgressForNamespace
        13388,  # StaleConfig
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
        14031,  # OutOfDiskSpace
        16500,  # too many requests, as services compatible with MongoDB answer
        46841,  # ClientMarkedKilled
        50915,  # BackupCursorOpenConflictWithCheckpoint
        56846,  # ConfigServerUnreachable
        91331,  # RetriableRemoteCommandFailure
        10045600,  # InterruptedDueToFCVChange
    }
)
SUSPICIOUS = frozenset(
    {
        1,  # InternalError
        50,  # MaxTimeMSExpired
        208,  # TooManyLocks
        262,  # ExceededTimeLimit
        365,  # TemporarilyUnavailable
        11601,  # Interrupted
    }
)
"""Of TRANSIENTS, those that one document may cause each time: see connectors.targets.mongodb.isolation."""
THROTTLES = frozenset({402, 407, 433, 449, 450, 462, 16500})
"""Of TRANSIENTS, those that end when fewer writes are sent."""
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
        357,  # InvalidBSONType
        378,  # NonConformantBSON
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
        reason = server_message(error)
        text = f"{doing}: {reason}. Check mongodb.uri and the network."
        return UnclearFault(text, reason) if is_unclear(error) else TransientError(text)
    code = error.code or 0 if isinstance(error, OperationFailure) else 0
    return TerminalError(f"{doing}: {server_message(error)}.{advice(code)}")


class UnclearFault(TransientError):
    """A bulk write has failed as a whole; one of its documents may be the reason."""

    def __init__(self, message: str, reason: str) -> None:
        self.reason = reason
        super().__init__(message)

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.reason)


def bad_uri() -> ConfigError:
    """The driver's own words may quote the password."""
    return ConfigError("configuration", "mongodb.uri", "is no connection string that the driver understands")


def is_transient(error: PyMongoError) -> bool:
    if isinstance(error, (ConnectionFailure, ExecutionTimeout, WTimeoutError)):
        return True
    if isinstance(error, OperationFailure) and error.code in TRANSIENTS:
        return True
    return error.has_error_label("RetryableWriteError") or error.has_error_label("TransientTransactionError")


def is_unclear(error: PyMongoError) -> bool:
    """Whether a document may be the reason of a transient fault: the connection was closed during a command,
    or the server's answer names no other reason."""
    if isinstance(error, (ServerSelectionTimeoutError, NotPrimaryError)):
        return False
    return isinstance(error, AutoReconnect) or (
        isinstance(error, OperationFailure) and error.code in SUSPICIOUS
    )


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
        text = re.split(r", full error:|, Timeout:| \(configured timeouts:", str(error))[0]
    else:
        code, text = error.get("code"), str(error.get("errmsg", ""))
    text = re.split(r" dup key: |(?<=ailed validation)", text)[0]
    text = visible(" ".join(text.split())[:300].rstrip("."))
    return f"{text} (code {code})" if code else text
