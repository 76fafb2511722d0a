"""The command as a whole."""

from click.testing import CliRunner

from connectors.command.app import polarshake


def test_each_help_fits_into_80_columns():
    for words in [[], *([name] for name in polarshake.commands)]:
        done = CliRunner().invoke(polarshake, [*words, "--help"], terminal_width=80)
        assert done.exit_code == 0
        assert max(map(len, done.output.splitlines())) <= 80
