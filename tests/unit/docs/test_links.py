"""Every relative link and every path that the documentation names leads somewhere, and so does every module
that code and comments name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, Tuple

import pytest

ROOT = Path(__file__).parents[3]
SKIPPED = {".git", ".hypothesis", ".local", ".pytest_cache", "node_modules"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
TOP = ("bench", "connectors", "deploy", "docs", "jobs", "local", "requirements", "tests")
PATH = re.compile(rf"(?:{'|'.join(TOP)})(?:/[\w.-]+)+/?(?![\w<*{{/])|(?:{'|'.join(TOP)})/(?!\S)")
CODE_TOP = ("bench", "connectors", "deploy", "jobs", "local", "tests")
MODULE = re.compile(r"(?<![\w./])connectors(?:\.[a-z]\w*){2,}")
WRITTEN_ELSEWHERE = {"bench/results"}
"""Created by a command; not in the repository."""


def pages() -> Iterator[Path]:
    for page in sorted(ROOT.rglob("*.md")):
        parts = page.relative_to(ROOT).parts
        skipped = any(part in SKIPPED or part.startswith(".venv") for part in parts)
        if not skipped and not page.is_symlink():
            yield page


PAGES = list(pages())


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links(text: str) -> Iterator[Tuple[str, str]]:
    """(path, anchor) of every relative link; an empty path is the page itself."""
    for target in LINK.findall(FENCE.sub("", text)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield path, anchor


def anchors(text: str) -> Iterator[str]:
    """The anchors of headings, as GitHub creates them."""
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        yield words.replace(" ", "-")


def named_paths(text: str) -> Iterator[str]:
    """Paths of this repository, in code spans and code blocks."""
    for code in [*CODE.findall(FENCE.sub("", text)), *FENCE.findall(text)]:
        for found in PATH.finditer(code):
            before = code[: found.start()][-1:]
            if before not in ("/", "-", ".", "_") and not before.isalnum():
                yield found.group().rstrip("./")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for path, anchor in links(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            broken.append(f"{path}#{anchor}")
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    missing = {
        path
        for path in named_paths(page.read_text())
        if path not in WRITTEN_ELSEWHERE and not (ROOT / path).exists()
    }
    assert not missing


def missing_modules(text: str) -> Iterator[str]:
    """Dotted names of the product that lead neither to a module nor to a name in one."""
    for name in MODULE.findall(text):
        place, parts = ROOT, name.split(".")
        while parts and (place / parts[0]).is_dir():
            place = place / parts.pop(0)
        if parts and not (place / f"{parts[0]}.py").exists():
            package = (place / "__init__.py").read_text()
            if len(parts) > 1 or not re.search(rf"\b{parts[0]}\b", package):
                yield name


def test_every_module_that_code_and_comments_name_exists() -> None:
    files = [path for top in CODE_TOP for path in sorted((ROOT / top).rglob("*.py"))]
    assert len(files) > 500
    missing = {f"{path.name}: {name}" for path in files for name in missing_modules(path.read_text())}
    assert not missing - {"test_links.py: connectors.nowhere.at_all"}


def test_a_module_that_does_not_exist_is_seen() -> None:
    text = "see connectors.check.lane, connectors.config.load and connectors.nowhere.at_all"
    assert list(missing_modules(text)) == ["connectors.nowhere.at_all"]


def test_a_path_and_an_anchor_that_do_not_exist_are_seen() -> None:
    assert list(named_paths("see `jobs/nowhere.py` and `python jobs/forward.py --x`, not `a/jobs/x.py`")) == [
        "jobs/nowhere.py",
        "jobs/forward.py",
    ]
    assert list(links("[a](b.md#c) [d](https://e.f) [g](#h)")) == [("b.md", "c"), ("", "h")]
    assert list(anchors("## Merging scan and stream\n")) == ["merging-scan-and-stream"]
