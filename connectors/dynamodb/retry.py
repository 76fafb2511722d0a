"""Classification of faults, and how long transient faults are retried. Pure."""

from __future__ import annotations

import enum
from typing import Callable, NamedTuple

from connectors.base.errors import TransientError
from connectors.dynamodb.faults import DENIED, EXPIRED_KEYS, NO_TABLE, ServiceError


class FaultClass(enum.Enum):
    THROTTLED = "throttled"
    """Ends when fewer requests are sent."""
    TRANSIENT = "transient"
    """Ends without action: 5xx, time-outs, closed connections."""
    EXPIRED = "expired"
    """Ends with new credentials."""
    ITEM = "item"
    """One of the items is rejected permanently; the others may be accepted without it."""
    TERMINAL = "terminal"
    """A retry gives the same answer."""


THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "LimitExceededException",  # Streams: too many readers or calls; tables: too many changes
        "SlowDown",
    }
)
TRANSIENTS = frozenset(
    {
        "InternalServerError",
        "InternalServerErrorException",
        "InternalFailure",
        "InternalError",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "RequestTimeout",
        "RequestTimeoutException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ReplicatedWriteConflictException",
    }
)
ITEM_FAULTS = frozenset(
    {
        "ValidationException",
        "SerializationException",
        "ItemCollectionSizeLimitExceededException",
        "RequestEntityTooLarge",
        "RequestEntityTooLargeException",
    }
)
WRITES = frozenset({"BatchWriteItem", "PutItem", "DeleteItem"})


def classify(fault: Exception) -> FaultClass:
    """The class of a failed attempt. Source: AWS developer guide, "Error handling with DynamoDB"."""
    if isinstance(fault, TransientError):
        return FaultClass.TRANSIENT
    if not isinstance(fault, ServiceError):
        return FaultClass.TERMINAL
    if fault.code in EXPIRED_KEYS:
        return FaultClass.EXPIRED
    if fault.code in THROTTLES or fault.status == 429:
        return FaultClass.THROTTLED
    if fault.code in TRANSIENTS or fault.status >= 500 or fault.status == 408:
        return FaultClass.TRANSIENT
    if fault.operation in WRITES and (fault.code in ITEM_FAULTS or fault.status == 413):
        return FaultClass.ITEM
    return FaultClass.TERMINAL


OF_ONE_TABLE = (
    NO_TABLE
    | DENIED
    | {
        "ValidationException",  # the table's key or type does not fit the request
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "InaccessibleEncryptionCredentialsException",
    }
)
"""Codes of terminal errors that concern the table of the request and no other. Others may have their own keys
and policies."""


def concerns_one_table(fault: Exception) -> bool:
    """Whether a fault of a request to one table leaves the other tables unaffected."""
    return (
        isinstance(fault, ServiceError)
        and fault.code in OF_ONE_TABLE
        and classify(fault) in (FaultClass.TERMINAL, FaultClass.ITEM)
    )


class Policy(NamedTuple):
    """Exponential back-off with full jitter, so that many writers do not retry at the same moment."""

    deadline: float = 60.0
    """Seconds from the first attempt until a transient fault is no longer retried."""
    base: float = 0.05
    """Maximum first pause, in seconds."""
    cap: float = 5.0
    """Maximum pause, in seconds."""

    def pause(self, attempt: int, random: Callable[[], float]) -> float:
        """Seconds before attempt number `attempt` + 1. `random` returns values from 0 to 1."""
        return min(self.cap, self.base * 2.0 ** min(attempt, 30)) * random()
