"""The check's report, as the job has left it."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import msgspec

from connectors.base.errors import TerminalError
from connectors.check.report.files import SUMMARY
from connectors.check.report.summary import Summary

_decode = msgspec.json.Decoder(Summary).decode


class FileReports:
    """A CheckReports."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SUMMARY

    def last(self) -> Optional[Summary]:
        try:
            return _decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise TerminalError(f"{self._path} is no report of a check: {error}") from error
