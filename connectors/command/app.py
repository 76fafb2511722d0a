"""The command `polarshake`.

Exit codes are those of the jobs: 0 success, 1 a negative result (a red line, a refused step), 2 unknown.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Dict, List, Optional

import click

INTERRUPTED = 130
"""Exit code after Ctrl-C, as a shell gives it. 1 would mean a negative result."""
COMMANDS: Dict[str, str] = {
    "init": "Write a commented application.yaml.",
    "assess": "Look at the source before anything is started, and write one page.",
    "doctor": "Check everything that a job needs, and write nothing but a probe.",
    "run": "Submit a job with `flink run`.",
    "status": "Show what the jobs do: tables, shards, replication slots, checkpoints.",
    "console": "Show the migration as a page in the browser.",
    "table": "Suspend, resume, copy again or release tables while the job runs.",
    "throttle": "Change the rates of the scan and of writing while the job runs.",
    "letters": "List dead letters, show them, and try them again.",
    "cutover": "Move the application to PolarDB, step by step.",
    "rollback": "Move the application back to DynamoDB, step by step.",
    "slot": "Create, watch or drop the replication slot of the reverse job.",
}
"""The subcommands in the order of a migration, each with the first sentence of its help."""

MODULES = {
    "rollback": "connectors.command.cutover.command",
    "throttle": "connectors.command.table.command",
}
"""The modules of subcommands that have no package of their own name."""


class Subcommands(click.Group):
    """Imports a subcommand when it is run. `polarshake --help` imports none of them."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\ninterrupted", err=True)
            sys.exit(INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> List[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> Optional[click.Command]:
        return subcommand(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def subcommand(name: str) -> Any:
    """The click command."""
    return getattr(import_module(MODULES.get(name, f"connectors.command.{name}.command")), name)


@click.group(
    cls=Subcommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80}
)
@click.version_option(package_name="polarshake")
def polarshake() -> None:
    """Move an application from DynamoDB to PolarDB or MongoDB."""


if __name__ == "__main__":
    polarshake(prog_name="polarshake")
