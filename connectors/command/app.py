"""polarshake: from first look to the night of the cut-over.

Exit codes as the jobs': 0 done, 1 no (a red line, a step that refuses), 2 could not tell.
"""

from __future__ import annotations

import click

from connectors.command.cutover.command import cutover, rollback
from connectors.command.doctor.command import doctor
from connectors.command.init.command import init
from connectors.command.status.command import status


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name="polarshake")
def polarshake() -> None:
    """Move an application from DynamoDB to PolarDB or MongoDB."""


polarshake.add_command(init)
polarshake.add_command(doctor)
polarshake.add_command(status)
polarshake.add_command(cutover)
polarshake.add_command(rollback)
