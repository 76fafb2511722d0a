"""Prints the reference as Markdown; with `yaml`, application.yaml; with `schema`, its JSON Schema."""

from __future__ import annotations

import sys
from typing import Callable, Dict, Sequence, Tuple

from connectors.config.json_schema import schema_text
from connectors.config.reference import application_yaml, markdown


def main(argv: Sequence[str]) -> int:
    pages: Dict[Tuple[str, ...], Callable[[], str]] = {
        (): markdown,
        ("yaml",): application_yaml,
        ("schema",): schema_text,
    }
    page = pages.get(tuple(argv))
    if page is None:
        print("usage: python -m connectors.config [yaml|schema]", file=sys.stderr)
        return 2
    print(page(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
