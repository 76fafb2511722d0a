"""Options that several subcommands share."""

import click
import pytest
from click.testing import CliRunner

from connectors.base.errors import TerminalError
from connectors.command.options import config_option, flink_option
from connectors.command.progress.rest import Rest


@click.command()
@config_option()
@flink_option(required=False)
def shown(config, flink):
    click.echo(f"{config} {flink}")


def run(*words, **environ):
    return CliRunner().invoke(shown, words, env=environ).output.strip()


def test_the_file_in_this_folder_is_read_if_nothing_else_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POLARSHAKE_CONFIG", raising=False)
    monkeypatch.delenv("POLARSHAKE_FLINK", raising=False)
    assert run() == "None None"
    (tmp_path / "application.yaml").write_text("")
    assert run() == "application.yaml None"


def test_the_environment_names_file_and_cluster_and_an_option_wins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environ = {"POLARSHAKE_CONFIG": "a.yaml", "POLARSHAKE_FLINK": "h:1"}
    assert run(**environ) == "a.yaml h:1"
    assert run("--config", "b.yaml", "--flink", "h:2", **environ) == "b.yaml h:2"


def test_an_address_without_a_scheme_is_http():
    assert Rest("127.0.0.1:8081").address == "http://127.0.0.1:8081"
    assert Rest("https://u:p@flink/x/").address == "https://flink/x"


@pytest.mark.parametrize("address", ["ftp://h:1", "", "http://"])
def test_another_kind_of_address_is_refused(address):
    with pytest.raises(TerminalError, match=r"such as http://127\.0\.0\.1:8081"):
        Rest(address)
