"""docs/command.md names every option and every field."""

from pathlib import Path

import pytest

from connectors.command.console.command import console
from connectors.command.cutover.command import cutover, rollback
from connectors.command.letters.command import letters
from connectors.command.run.command import run
from connectors.command.status import document
from connectors.command.status.command import status
from connectors.command.table.command import table, throttle

PAGE = (Path(__file__).parents[4] / "docs" / "command.md").read_text()


@pytest.mark.parametrize(
    "command",
    [status, *table.commands.values(), throttle, *letters.commands.values(), cutover, rollback],
    ids=lambda command: command.name,
)
def test_every_option_is_documented(command):
    section = PAGE[PAGE.index("## polarshake status") :]
    for parameter in command.params:
        spelled = {*parameter.opts, *parameter.secondary_opts}
        assert any(f"`{each}" in section or f" {each}" in section for each in spelled), spelled


def test_every_option_of_the_console_and_of_run_is_documented():
    console_page = (Path(__file__).parents[4] / "docs" / "console.md").read_text()
    for command, page in ((console, console_page), (run, PAGE[PAGE.index("## polarshake run") :])):
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert any(f"`{each}" in page for each in parameter.opts), parameter.opts


@pytest.mark.parametrize(
    "struct",
    [
        *(document.Status, document.JobDocument, document.CheckpointsDocument, document.CheckpointDocument),
        *(document.TableDocument, document.ShardsDocument, document.SlotDocument),
        *(document.RatesDocument, document.CommandsDocument),
        *(document.HealthDocument, document.FindingDocument),
    ],
    ids=lambda struct: struct.__name__,
)
def test_every_field_of_the_json_is_documented(struct):
    section = PAGE[PAGE.index("### --json") : PAGE.index("## polarshake cutover")]
    for field in struct.__struct_fields__:
        assert any(f"{before}{field}" in section for before in ("`", "[].")), field
