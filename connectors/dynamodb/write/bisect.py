"""Finding the poison item in a request that was refused as a whole.

Works on AWS, which validates all 25 before it writes any, and on PolarDB, whose batches are atomic. At
worst, every item poison, n items take 2n - 1 requests, and log2(n) round trips since halves fly together.
"""

from __future__ import annotations

from typing import Tuple

from connectors.dynamodb.write.pack import Request


def halves(request: Request) -> Tuple[Request, Request]:
    """Two requests, neither empty. Takes at least two writes."""
    middle = len(request) // 2
    return request[:middle], request[middle:]
