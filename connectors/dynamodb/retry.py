"""Which faults pass by themselves, and how long to wait for them. Pure."""

from __future__ import annotations

import enum
from typing import Callable, NamedTuple

from connectors.base.errors import TransientError
from connectors.dynamodb.faults import EXPIRED_KEYS, ServiceError


class FaultClass(enum.Enum):
    THROTTLED = "throttled"
    """Passes when fewer requests are sent."""
    TRANSIENT = "transient"
    """Passes by itself: 5xx, time-outs, connections cut."""
    EXPIRED = "expired"
    """Passes with fresh credentials."""
    ITEM = "item"
    """One of the items sent is refused for good; the others may be accepted without it."""
    TERMINAL = "terminal"
    """Trying again gives the same answer."""


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
        "LimitExceededException",  # Streams: readers or DescribeStream calls; tables: changes at once
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
    """What to do about a failed attempt. Source: AWS developer guide, "Error handling with DynamoDB"."""
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


class Policy(NamedTuple):
    """Exponential back-off with full jitter: the spread keeps many writers from coming back together."""

    deadline: float = 60.0
    """Seconds from the first attempt after which a transient fault is given up."""
    base: float = 0.05
    """Seconds: the longest first pause."""
    cap: float = 5.0
    """Seconds: the longest pause of all."""

    def pause(self, attempt: int, random: Callable[[], float]) -> float:
        """Seconds before attempt number `attempt` + 1; `random` gives values from 0 to 1."""
        return min(self.cap, self.base * 2.0 ** min(attempt, 30)) * random()
