"""A package that is not installed is reported with the command that installs it."""

from __future__ import annotations

import importlib
import shlex
import sys
import warnings

import pytest

from connectors.base.errors import TerminalError
from connectors.base.extras import JOBS, MONGODB, Extra, imports_of, imports_of_a_job, pip_command


@pytest.fixture(params=[JOBS, MONGODB], ids=lambda extra: extra.name)
def extra(request: pytest.FixtureRequest) -> Extra:
    chosen: Extra = request.param
    return chosen


def test_a_missing_module_of_an_extra_is_named_with_the_command(
    extra: Extra, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = extra.modules[0]
    monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type] # as if it were not installed
    with pytest.raises(TerminalError) as raised, imports_of(extra):
        importlib.import_module(module)
    assert f"module {module}," in str(raised.value)
    assert str(raised.value).endswith(pip_command(extra))


def test_the_command_installs_into_the_environment_that_runs(
    extra: Extra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/a folder/bin/python")
    assert shlex.split(pip_command(extra)) == [
        *("/a folder/bin/python", "-m", "pip", "install"),
        f"polarshake[{extra.name}]",
    ]


def test_a_missing_submodule_of_an_extra_counts_as_missing(extra: Extra) -> None:
    with pytest.raises(TerminalError), imports_of(extra):
        raise ModuleNotFoundError(name=f"{extra.modules[0]}.part")


@pytest.mark.parametrize("name", ["connectors.misspelt", None])
def test_the_error_for_any_other_missing_module_is_unchanged(extra: Extra, name: str) -> None:
    with pytest.raises(ModuleNotFoundError), imports_of(extra):
        raise ModuleNotFoundError(name=name)


def test_a_job_without_flink_reports_it_and_exits_with_the_code_of_a_job_that_has_not_started(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended, imports_of_a_job():
        raise ModuleNotFoundError(name="pyflink.datastream")
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert "polarshake[jobs]" in shown.err


def test_a_warning_of_a_dependency_about_pkg_resources_is_not_shown_to_the_user() -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with imports_of_a_job():
            warnings.warn("pkg_resources is deprecated as an API", UserWarning, stacklevel=1)
            warnings.warn("another warning", UserWarning, stacklevel=1)
    assert [str(each.message) for each in shown] == ["another warning"]
