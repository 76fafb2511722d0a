"""The client's import of PyFlink without Apache Beam, which only workers need.

To describe a job, PyFlink imports one module of `pyflink.fn_execution`. That package imports Beam, to find
out whether a worker could use its compiled coders: 1,500 modules and a second of CPU in each submission. It
accepts that Beam is missing (`fn_execution/__init__.py`, Flink 1.20), so Beam is hidden from this one import.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from types import ModuleType
from typing import Dict, Optional, cast

BEAM = "apache_beam"
PACKAGE = "pyflink.fn_execution"


def import_without_beam() -> None:
    """Import the package, unless this process has Beam or the package already. If this PyFlink does not
    accept that, nothing is imported."""
    if BEAM in sys.modules or PACKAGE in sys.modules:
        return
    modules = cast(Dict[str, Optional[ModuleType]], sys.modules)
    modules[BEAM] = None  # its import raises ImportError
    try:
        with suppress(ImportError):
            importlib.import_module(PACKAGE)
    finally:
        del modules[BEAM]
