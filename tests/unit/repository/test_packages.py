"""Each package explains its modules."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

CONNECTORS = Path(__file__).parents[3] / "connectors"
PACKAGES = sorted(file.parent for file in CONNECTORS.rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: str(package.relative_to(CONNECTORS.parent)))
def test_a_package_names_each_of_its_modules_and_packages(package: Path) -> None:
    """Not if it has a single one, which its own title describes; and not the root."""
    inside = {file.stem for file in package.glob("[!_]*.py")} | {
        file.parent.name for file in package.glob("*/__init__.py")
    }
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    unnamed = {name for name in inside if not re.search(rf"\b{name}\b", docstring)}
    assert package == CONNECTORS or len(inside) == 1 or unnamed == set()
