"""Every package of requirements.lock has a licence that the project may use."""

from __future__ import annotations

import re
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, Dict, List, Optional

import pytest
from packaging.requirements import Requirement

from local.stack.home import PROJECT

ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CNRI-Python", "ISC", "MIT", "PSF-2.0"),
    "MPL-2.0",  # used unmodified, as separate packages
}
EXCEPTIONS = {
    "psycopg2-binary": "LGPL with exceptions",
    # MIT in its licence file; the axe-core in it is MPL-2.0. Only tests use it.
    "axe-playwright-python": None,
}
"""Packages with another licence or none in their metadata, used unmodified, and what the metadata says."""
SPELLINGS = {
    "Apache-2.0": ("Apache", "https://www.apache.org/licenses/LICENSE-2.0"),
    "BSD-3-Clause": ("BSD", "3-Clause BSD", "BSD 3-Clause", "3-clause BSD", "BSD License"),
    "MIT": ("MIT",),
    "MPL-2.0": ("MPL", "Mozilla Public License 2.0"),
    "PSF-2.0": ("PSF", "Python Software Foundation"),
    "ISC": ("ISC",),
}
"""Beginnings of a licence's name in metadata that has no SPDX expression."""


def locked() -> List[str]:
    """The packages of this Python's environment."""
    found = []
    for line in (PROJECT / "requirements.lock").read_text().splitlines():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            found.append(requirement.name)
    return found


def allowed(expression: str) -> bool:
    """Whether an SPDX expression allows the use: all of AND, one of OR. AND binds more tightly."""
    if "(" in expression:
        inner = re.search(r"\(([^()]*)\)", expression)
        assert inner, expression
        return allowed(expression.replace(inner[0], "MIT" if allowed(inner[1]) else "Forbidden"))
    return any(
        all(term.strip() in ALLOWED for term in re.split(r"\bAND\b", part))
        for part in re.split(r"\bOR\b", expression)
    )


def expression_of(known: Any) -> Optional[str]:
    """The SPDX expression: as stated, or from the licence's name, or from the classifiers."""
    if known.get("License-Expression"):
        return str(known["License-Expression"])
    classified = [
        line.split("::")[-1].strip()
        for line in known.get_all("Classifier", [])
        if line.startswith("License ::")
    ]
    name = (known.get("License") or "").strip().split("\n")[0]
    texts = [name] if name and spdx(name) else classified
    return " OR ".join(filter(None, map(spdx, texts))) or None


def spdx(name: str) -> Optional[str]:
    if name in ALLOWED:
        return name
    return next((key for key, starts in SPELLINGS.items() if name.startswith(starts)), None)


@pytest.mark.parametrize("package", locked())
def test_a_package_of_the_lock_has_an_allowed_licence(package: str) -> None:
    try:
        known = metadata(package)
    except PackageNotFoundError:
        pytest.skip("not installed here")
    if package in EXCEPTIONS:
        assert known.get("License") == EXCEPTIONS[package], "the exception was made for another licence"
        return
    expression = expression_of(known)
    assert expression, f"{package} states no licence that is known: {known.get('License')!r}"
    assert allowed(expression), f"{package}: {expression}"


def test_every_exception_is_named_in_the_notice() -> None:
    notice = (PROJECT / "NOTICE").read_text()
    assert all(name.replace("-binary", "") in notice for name in EXCEPTIONS)


@pytest.mark.parametrize(
    ("stated", "fits"),
    [
        ({"License-Expression": "MPL-2.0 AND (Apache-2.0 OR MIT)"}, True),
        ({"License-Expression": "GPL-3.0-only OR MIT"}, True),
        ({"License-Expression": "GPL-3.0-only"}, False),
        ({"License-Expression": "MIT AND AGPL-3.0-only"}, False),
        ({"License": "GPLv3"}, False),
        ({"License": "BSD 3-Clause License"}, True),
        ({"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}, False),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, True),
    ],
)
def test_a_licence_that_is_not_allowed_is_seen(stated: Dict[str, str], fits: bool) -> None:
    message = Message()
    for name, value in stated.items():
        message[name] = value
    expression = expression_of(message)
    assert (expression is not None and allowed(expression)) == fits
