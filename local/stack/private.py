"""Files that only their owner may read."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Optional


def write_private(path: Path, text: str, owner: Optional[pwd.struct_passwd] = None) -> None:
    """Mode 0600 from the first byte on; `owner` may be given by root."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    if owner:
        os.chown(path, owner.pw_uid, owner.pw_gid)
