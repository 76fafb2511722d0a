"""PyFlink's client without Apache Beam: with the installed PyFlink, and with one that does not accept it."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from connectors.engine.flink import light_client
from connectors.engine.flink.light_client import BEAM, import_without_beam

CLIENT = """
import sys
from connectors.engine.flink.light_client import import_without_beam
import_without_beam()
from pyflink.fn_execution import flink_fn_execution_pb2
assert flink_fn_execution_pb2.UserDefinedDataStreamFunction.KEYED_PROCESS
print("apache_beam" in sys.modules)
import apache_beam.coders
print("apache_beam" in sys.modules)
"""


def test_a_client_describes_a_job_without_beam_which_can_still_be_imported_afterwards() -> None:
    pytest.importorskip("pyflink")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", CLIENT], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_in_a_process_that_has_beam_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, BEAM, ModuleType(BEAM))
    monkeypatch.setattr(light_client, "PACKAGE", "no.such.package")
    beam = sys.modules[BEAM]
    import_without_beam()
    assert sys.modules[BEAM] is beam


def test_a_pyflink_that_needs_beam_is_left_to_be_imported_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, BEAM, raising=False)
    monkeypatch.setattr(light_client, "PACKAGE", "no_such_package")
    import_without_beam()
    assert BEAM not in sys.modules
