"""Prints errors to standard error. Control characters in them are made visible."""

from __future__ import annotations

import click

from connectors.base.text import visible_lines


def complain(error: object) -> None:
    click.echo(visible_lines(str(error)), err=True)
