"""Waits for a table to reach a requested state."""

from __future__ import annotations

import time
from typing import Callable, NamedTuple, Optional, TypeVar

from connectors.base.errors import PolarshakeError, TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import FaultClass, classify

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds. A local server needs no pause; AWS takes about ten seconds to create a table."""
IN_USE = "ResourceInUseException"
"""The table is being created, updated or deleted: it accepts the request afterwards."""


class Wait(NamedTuple):
    """The limit of a wait. The default allows for a new PolarDB address, which can take over ten minutes to
    resolve."""

    seconds: float = 900.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def until(self, what: str, step: Callable[[], Optional[T]]) -> T:
        """The first result of `step` that is not None. `what`: the requested state, for errors.

        Transient faults are retried. Raises TransientError when the time is up.
        """
        deadline, pause = self.clock() + self.seconds, FIRST_PAUSE
        fault: Optional[PolarshakeError] = None
        while True:
            try:
                fault, answer = None, step()
                if answer is not None:
                    return answer
            except (ServiceError, TransientError) as error:
                if not passes(error):
                    raise
                fault = error
            if self.clock() + pause > deadline:
                reason = f" Last fault: {fault}" if fault else ""
                raise TransientError(f"{what}: not reached after {self.seconds:.0f} s.{reason}") from fault
            self.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.6)


def passes(error: PolarshakeError) -> bool:
    """Whether waiting may help."""
    if isinstance(error, ServiceError) and error.code == IN_USE:
        return True
    return classify(error) in (FaultClass.TRANSIENT, FaultClass.THROTTLED)
