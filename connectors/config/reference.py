"""The documentation of the configuration, generated from the declarations."""

from __future__ import annotations

import math
import re
import textwrap
from typing import Any, Iterator, List

import yaml

from connectors.config.credentials import SECRET_KEYS
from connectors.config.json_schema import SCHEMA_FILE
from connectors.config.keys import Key, Member, members
from connectors.config.kinds import Choice
from connectors.config.legacy import NAMES, SIDES
from connectors.config.settings import Settings

HEADER = """\
# yaml-language-server: $schema={schema}
#
# One configuration for every job:
#
#   flink run -py jobs/forward.py --config application.yaml
#   flink run -py jobs/reverse.py --config application.yaml
#
# Every key is optional; the comment after it states its default. An empty value means the default. An
# argument overrides a key: --set scan.segments=16. Credentials must not be in this file; give them as
# arguments or environment variables:
#
{secrets}
"""


def application_yaml(settings: Settings = Settings()) -> str:  # noqa: B008 - immutable
    """The commented file with every key and its value. Loading it gives `settings` without credentials."""
    secrets = "\n".join(f"#   {key.option:<20} {key.variable:<34} {key.meaning}" for key in SECRET_KEYS)
    return HEADER.format(secrets=secrets, schema=SCHEMA_FILE) + "\n".join(_yaml_lines(settings, 0)) + "\n"


def _yaml_lines(section: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for member in members(type(section)):
        value = getattr(section, member.attribute)
        yield from [""] if depth == 0 else []
        text = _sentence(member.key) if member.key else _flat(member.section.__doc__)
        comment = f"{indent}# "
        yield from textwrap.wrap(
            text, 104, initial_indent=comment, subsequent_indent=comment, break_on_hyphens=False
        )
        yield f"{indent}{member.name}:{_yaml_value(member, value)}{_facts(member)}"
        if member.section:
            yield from _yaml_lines(value, depth + 1)


def _facts(member: Member) -> str:
    if member.key is None:
        return ""
    unit = f"{member.key.unit}; " if member.key.unit else ""
    return f"  # {unit}{member.key.kind.label}; default {_default(member) or 'empty'}"


def _sentence(key: Key) -> str:
    """The key's meaning as a sentence. A value of the key at the beginning keeps its case."""
    text = key.meaning
    first = re.split("[ :,;]", text)[0]
    as_typed = isinstance(key.kind, Choice) and first in key.kind.allowed
    return f"{text if as_typed else text[0].upper() + text[1:]}."


def _yaml_value(member: Member, value: Any) -> str:
    shown = member.key.kind.show(value) if member.key else None
    return "" if shown is None else f" {flow(shown)}"


def flow(value: Any) -> str:
    """A value as one line of YAML, whatever it contains."""
    for style in (None, '"'):  # Only double quotes can express a line break as \\n, or NEL as \\N.
        text = yaml.safe_dump(
            value, default_flow_style=True, width=math.inf, allow_unicode=True, default_style=style
        )
        line: str = text.replace("\n...", "").strip("\n ")  # a no-break space belongs to the value
        if len(line.splitlines()) <= 1:
            break
    return line


def markdown() -> str:
    """The reference: every key with type, unit, default and meaning; the secrets; the older names."""
    lines = ["# Configuration reference", "", *_intro(), *_tables(Settings, "", "General")]
    lines += ["## Secrets", "", "| argument | environment variable | side | meaning |", "|---|---|---|---|"]
    lines += [f"| `{k.option}` | `{k.variable}` | {k.side} | {k.meaning} |" for k in SECRET_KEYS]
    lines += ["", "## Older names", "", "Configuration files of PolarDBBackSync work unchanged:", ""]
    lines += ["| older name | same as |", "|---|---|"]
    lines += [f"| `{old}.{a}` | `{SIDES[old]}.{b}` |" for old in NAMES for a, b in NAMES[old].items()]
    return "\n".join(lines) + "\n"


def _intro() -> List[str]:
    return [
        "Every job takes `--config PATH`, the configuration file, and `--set KEY=VALUE`, which overrides it.",
        "An empty value means the default. Credentials must not be in the file: give them as arguments or",
        "environment variables.",
        "",
    ]


def _tables(cls: Any, prefix: str, title: str) -> Iterator[str]:
    """The keys of a class, then a table for each of its sections."""
    yield from [f"## {title}", "", _flat(cls.__doc__), ""]
    yield from ["| key | takes | unit | default | meaning |", "|---|---|---|---|---|"]
    entries = members(cls)
    for member in entries:
        if member.key:
            key = member.key
            cells = [
                f"`{prefix}{member.name}`",
                key.kind.label,
                key.unit,
                _default(member),
                _sentence(key),
            ]
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""
    for member in entries:
        if member.section:
            yield from _tables(member.section, f"{prefix}{member.name}.", f"{prefix}{member.name}")


def _default(member: Member) -> str:
    return _yaml_value(member, member.default).strip()


def _flat(text: str) -> str:
    return " ".join(text.split())
