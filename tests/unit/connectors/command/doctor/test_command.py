"""The command line `polarshake doctor`, without servers."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.command.app import polarshake
from connectors.command.doctor import sides
from connectors.command.doctor.line import green, red

ROOT = Path(__file__).parents[5]
KEYS = {"POLARSHAKE_POLARDB_AK": "me", "POLARSHAKE_POLARDB_SK": "hunter2"}


def doctor(*arguments, **environ):
    return CliRunner().invoke(polarshake, ["doctor", *arguments], env=environ)


@pytest.fixture
def examined(monkeypatch):
    """The lines that the examination of both sides returns, and the settings that it was given."""
    results, calls = [], []

    def lines(settings, seconds, slots, _):
        calls.append((settings, seconds, slots))
        if isinstance(results[0], Exception):
            raise results[0]
        return results

    for job, examination in sides.EXAMINATIONS.items():
        monkeypatch.setitem(sides.EXAMINATIONS, job, examination._replace(lines=lines))
    return results, calls


ENDPOINT = ("--set", "polardb.endpoint=http://h:1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "scan.segmets=3"], "did you mean scan.segments?"),
        (["--config", "no-such.yaml"], "no-such.yaml"),
        ([], "polardb.endpoint"),
        (["--job", "check"], "polardb.endpoint"),
        (["--job", "reverse"], "polardb.hostname"),
        (["--set", "target=mongodb"], "mongodb.uri"),
    ],
)
def test_an_invalid_configuration_exits_with_unknown(arguments, words):
    done = doctor(*arguments)
    assert (done.exit_code, words in done.output) == (2, True), done.output


def test_the_exit_code_is_0_without_red_lines_and_1_with_one(examined):
    lines, calls = examined
    lines[:] = [green("dynamodb", "answers")]
    assert doctor(*ENDPOINT, **KEYS).exit_code == 0
    lines.append(red("table", "orders: fix it"))
    done = doctor(*ENDPOINT, **KEYS)
    assert (done.exit_code, "orders: fix it" in done.output) == (1, True)
    assert calls[0][0].polardb.access_key.access_key_id.reveal() == "me"


def test_the_file_in_this_folder_is_read_and_so_is_the_one_that_the_environment_names(
    examined, tmp_path, monkeypatch
):
    examined[0][:] = [green("dynamodb", "answers")]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POLARSHAKE_CONFIG", raising=False)
    for name, endpoint in (("application.yaml", "http://here:1"), ("other.yaml", "http://there:1")):
        Path(name).write_text(f"polardb:\n  endpoint: {endpoint}\n")
    assert doctor(**KEYS).exit_code == 0
    assert doctor(**KEYS, POLARSHAKE_CONFIG="other.yaml").exit_code == 0
    assert [call[0].polardb.endpoint for call in examined[1]] == ["http://here:1", "http://there:1"]


def test_json_is_all_that_is_printed(examined):
    examined[0][:] = [red("table", "orders: fix it")]
    done = doctor("--json", *ENDPOINT, **KEYS)
    read = json.loads(done.output)
    assert read["verdict"] == "red"
    assert {"level": "red", "about": "table", "text": "orders: fix it"} in read["lines"]
    assert done.exit_code == 1


def test_secrets_may_be_given_as_the_jobs_take_them_and_are_not_shown(examined):
    lines, calls = examined
    lines[:] = [green("dynamodb", "answers")]
    done = doctor(*ENDPOINT, "--polardbak", "me", "--polardbsk", "-hunter2")
    assert done.exit_code == 0
    assert calls[0][0].polardb.access_key.secret_access_key.reveal() == "-hunter2"
    assert "hunter2" not in done.output + doctor("--help").output


def test_a_side_without_credentials_is_red(examined):
    from connectors.base.errors import PreflightError

    examined[0][:] = [PreflightError("no AWS credentials: give --dynamodbak")]
    done = doctor(*ENDPOINT, **KEYS)
    assert (done.exit_code, "no AWS credentials" in done.output) == (1, True)


def test_a_missing_flink_option_is_a_warning_and_an_invalid_url_is_red(examined):
    examined[0][:] = [green("dynamodb", "answers")]
    assert "--flink" in doctor(*ENDPOINT, **KEYS).output
    done = doctor(*ENDPOINT, "--flink", "nowhere", **KEYS)
    assert (done.exit_code, "PROBLEM" in done.output) == (1, True)


def test_the_command_does_not_import_what_only_a_job_needs():
    program = (
        "import sys; sys.modules['pyflink'] = sys.modules['numpy'] = sys.modules['jinja2'] = None\n"
        "from connectors.command import app; list(map(app.subcommand, app.COMMANDS))\n"
        "import connectors.command.doctor.sides, connectors.command.doctor.cluster"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_the_doctor_says_that_it_waits_but_not_among_json(examined, monkeypatch):
    monkeypatch.setattr("connectors.command.doctor.command.heartbeat", beating)
    examined[0][:] = [green("dynamodb", "answers")]
    assert "waiting for responses, 5 s so far" in doctor(*ENDPOINT, **KEYS).output
    assert "waiting" not in doctor(*ENDPOINT, "--json", **KEYS).output


@contextmanager
def beating(beat):
    beat(5.0)
    yield
