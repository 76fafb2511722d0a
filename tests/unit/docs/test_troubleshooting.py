"""Every message that the troubleshooting page quotes is in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator, List

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "troubleshooting.md"
OTHERS = "## Without a message of this project"
QUOTED = re.compile(r"\*\*`([^`]+)`\*\*")
GAP = "…"
"""A variable part: of a quote on the page, and of a text in the code."""


def texts(source: str) -> Iterator[str]:
    """Every string of a module. Adjacent literals are one string."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else GAP for part in node.values)


def pattern(quote: str) -> re.Pattern[str]:
    """A gap on the page matches a value in the code and any text next to it."""
    return re.compile(f".*{GAP}.*".join(re.escape(part) for part in quote.split(GAP)), re.DOTALL)


def quotes(page: str) -> List[str]:
    return QUOTED.findall(page[: page.index(OTHERS)])


@pytest.fixture(scope="module")
def code() -> List[str]:
    files = [path for top in ("connectors", "jobs") for path in sorted((ROOT / top).rglob("*.py"))]
    return sorted({text for path in files for text in texts(path.read_text())})


def test_every_quoted_message_is_in_the_code(code: List[str]) -> None:
    missing = [quote for quote in quotes(PAGE.read_text()) if not any(map(pattern(quote).search, code))]
    assert not missing


def test_the_page_quotes_messages_and_none_of_them_twice() -> None:
    found = quotes(PAGE.read_text())
    assert len(found) > 50
    assert len(found) == len(set(found))


def test_a_message_that_is_not_in_the_code_is_reported() -> None:
    found = list(texts('raise E(f"table {name}: is gone. " f"Look at {side}")'))
    assert any(map(pattern("table …: is gone. Look at …").search, found))
    assert not any(map(pattern("table …: has gone").search, found))
    assert not any(map(pattern("table … Look at the moon").search, found))
    assert quotes(f"- **`a …`** and `b`\n{OTHERS}\n**`c`**") == ["a …"]
