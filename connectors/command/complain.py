"""Errors on standard error, without what a server's text could do to a terminal."""

from __future__ import annotations

import click

from connectors.base.text import visible_lines


def complain(error: object) -> None:
    click.echo(visible_lines(str(error)), err=True)
