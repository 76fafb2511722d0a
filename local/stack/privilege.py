"""PostgreSQL refuses to run as root: run it as another user, who must be able to reach its files."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict, Optional


def unprivileged() -> Optional[pwd.struct_passwd]:
    """The user to switch to: `postgres`, else `nobody`; None if this process is not root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def identity(user: Optional[pwd.struct_passwd]) -> Dict[str, Any]:
    """The arguments of Popen that switch to `user` permanently."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def reachable(path: Path, user: Optional[pwd.struct_passwd]) -> bool:
    """Whether `user` can access `path`. The home directory of root is usually closed to others."""
    if user is None:
        return True
    return all(_passable(folder.stat(), user) for folder in [path, *path.parents] if folder.is_dir())


def own_folder(wanted: Path, user: Optional[pwd.struct_passwd]) -> Path:
    """An empty folder that belongs to `user`: `wanted`, or a replacement in the temporary folder."""
    folder = wanted if reachable(wanted.parent, user) else elsewhere(wanted)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def _passable(status: os.stat_result, user: pwd.struct_passwd) -> bool:
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == user.pw_gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def elsewhere(wanted: Path) -> Path:
    """The replacement that `own_folder` uses if `wanted` is not accessible: always the same for a folder."""
    digest = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"polarshake-{wanted.name}-{digest}"
