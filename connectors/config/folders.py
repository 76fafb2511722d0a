"""Paths of local folders and files. Paths are not expanded as in a shell. ~ and $ are therefore refused: they
would name a folder called `~` in a worker's working directory."""

from __future__ import annotations

import re

from connectors.config.document import Given
from connectors.config.kinds import Text
from connectors.config.mistakes import InvalidValue

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class LocalPath(Text):
    """A path on the machine that uses it. A relative path starts at the folder where the job is submitted."""

    def __init__(self, label: str = "a path") -> None:
        super().__init__(label)

    def read(self, given: Given) -> str:
        path = super().read(given)
        if _SCHEME.match(path) or path.startswith("//"):
            raise InvalidValue(
                f"must be {self.label}: addresses such as s3://, oss://, hdfs:// and file: are not supported"
            )
        if path.startswith("~") or "$" in path:
            raise InvalidValue(f"must be {self.label}: ~ and $ are not expanded; write the full path")
        return path
