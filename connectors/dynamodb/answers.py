"""An answer's body -> a struct, with errors that say what to do."""

from __future__ import annotations

from typing import Callable, TypeVar

import msgspec

from connectors.base.errors import TerminalError, TransientError

T = TypeVar("T")


def decoded(decode: Callable[[bytes], T], body: bytes, operation: str, table: str) -> T:
    """Raises TerminalError when the body is no answer of `operation`, TransientError when it is damaged."""
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise TerminalError(
            f"table {table}: this is no answer of {operation}: {error}. Check the endpoint."
        ) from None
    except msgspec.DecodeError as error:
        raise TransientError(f"table {table}: an answer of {operation} came damaged: {error}") from None
