"""Files that only their owner can read."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Optional


def write_private(path: Path, text: str, owner: Optional[pwd.struct_passwd] = None) -> None:
    """Write a file with mode 0600 from its creation on. Only root may pass `owner`."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    if owner:
        os.chown(path, owner.pw_uid, owner.pw_gid)
