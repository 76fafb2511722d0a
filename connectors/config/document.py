"""YAML values with their line numbers.

Scalars keep their spelling in addition to their value, because a table may be called `true` or `2024`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, NamedTuple

import yaml

from connectors.base.errors import ConfigError
from connectors.config.core_schema import CoreLoader
from connectors.config.mistakes import redacted


class Given(NamedTuple):
    """A value as it was given."""

    value: Any
    """A scalar, a list of Given, or a dict of Given."""
    raw: str
    """A scalar's spelling; empty for lists and mappings."""
    where: str
    """For messages: "application.yaml, line 3" or "--set"."""
    name: str
    """Its dotted path as the user wrote it, safe to show in a message; empty for the whole document."""

    def empty(self) -> bool:
        return self.value is None or self.value == ""

    def spelled(self) -> Any:
        """Ordinary lists and dicts. Each scalar is as it is spelled, or None if it is empty or null."""
        if isinstance(self.value, dict):
            return {key: given.spelled() for key, given in self.value.items()}
        if isinstance(self.value, list):
            return [given.spelled() for given in self.value]
        return None if self.value is None else self.raw


Tree = Dict[str, Given]


def read_file(path: str) -> Tree:
    """The file's top-level mapping; empty for an empty file.

    Raises ConfigError if the file does not exist, is not UTF-8, not YAML or not a mapping, or contains a key
    twice.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError("--config", path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError("--config", path, "is not UTF-8 text") from None
    given = parse(text, path, lines=True)
    if given.value is None:
        return {}
    if not isinstance(given.value, dict):
        raise ConfigError(path, "the whole file", "must be a mapping of keys to values")
    return given.value


def parse(text: str, place: str, name: str = "", lines: bool = False) -> Given:
    """One YAML document. With `lines`, messages give the place as "`place`, line N". Raises ConfigError."""
    try:
        return _Reader(place, lines).read(text, name)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{place}, line {mark.line + 1}" if mark and lines else place
        # Only a scanner's message is useful, and it never quotes more than one character of the text.
        detail = f": {error.problem}" if isinstance(error, yaml.scanner.ScannerError) else ""
        raise ConfigError(where, name or "syntax", f"is not valid YAML{detail}") from None


class _Reader:
    """Turns YAML nodes into Given."""

    def __init__(self, place: str, lines: bool) -> None:
        self._place, self._lines = place, lines

    def read(self, text: str, name: str) -> Given:
        self._refuse_anchors(text, name)
        self._loader = CoreLoader(text)
        node = self._loader.get_single_node()
        if not self._lines:
            self._refuse_comment(text[node.end_mark.index if node else 0 :], name)
        return Given(None, "", self._place, name) if node is None else self._given(node, name)

    def _refuse_anchors(self, text: str, name: str) -> None:
        """Raises ConfigError for anchors and aliases: YAML takes an unquoted glob such as *_prod for an
        alias, and no file needs one."""
        for event in yaml.parse(text, Loader=CoreLoader):
            if getattr(event, "anchor", None) is not None:
                problem = 'a value that begins with * or & must be in quotes, such as "*_prod"'
                raise ConfigError(self._where(event.start_mark), name or "syntax", problem)

    def _refuse_comment(self, rest: str, name: str) -> None:
        """Raises ConfigError if the value of an argument ends with a comment: a person means all of it."""
        if rest.lstrip().startswith("#"):
            problem = "YAML takes what follows # for a comment: put the value in quotes"
            raise ConfigError(self._place, name or "syntax", problem)

    def _where(self, mark: Any) -> str:
        return f"{self._place}, line {mark.line + 1}" if self._lines else self._place

    def _given(self, node: yaml.Node, name: str) -> Given:
        where = self._where(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return Given(self._mapping(node, name), "", where, name)
        if isinstance(node, yaml.SequenceNode):
            return Given([self._given(item, name) for item in node.value], "", where, name)
        return Given(self._scalar(node, where, name), node.value, where, name)

    def _mapping(self, node: yaml.MappingNode, name: str) -> Tree:
        tree: Tree = {}
        for key, value in node.value:
            where = self._where(key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError(where, name or "syntax", "a key must be a plain word")
            path = f"{name}.{redacted(key.value)}" if name else redacted(key.value)
            if key.value in tree:
                raise ConfigError(where, path, f"is given twice, also at {tree[key.value].where}")
            # The line of the key, because YAML may place an empty value one line further down.
            tree[key.value] = self._given(value, path)._replace(where=where)
        return tree

    def _scalar(self, node: yaml.Node, where: str, name: str) -> Any:
        try:
            return self._loader.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError):
            # A tag such as !!python/name or !!timestamp, or a number with thousands of digits.
            raise ConfigError(where, name or "syntax", "is not a plain value; put it in quotes") from None
