"""A test of a place before the first write: an object is written, read and deleted.

It runs on the workers, because on the client the same path may be another folder, and the credentials may
differ.
"""

from __future__ import annotations

import os
import platform
import uuid

from connectors.base.errors import PolarshakeError, PreflightError, TransientError
from connectors.storage.contract import Storage, content

BODY = b"a probe: written, read and deleted before the first write\n"


def probe(storage: Storage, key: str) -> None:
    """Test a place. `key`: the setting that names it, for the message. Raises PreflightError or
    TransientError."""
    name = f"probe-{platform.node()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
    try:
        storage.write(name, [BODY])
        stored = content(storage, name)
        storage.delete(name)
    except TransientError as error:
        raise TransientError(f"{key}: {error}") from error
    except PolarshakeError as error:
        raise PreflightError(f"{key}: {error}") from error
    if stored != BODY:
        raise PreflightError(f"{key}: {storage.place} does not return the data that was written to it")
