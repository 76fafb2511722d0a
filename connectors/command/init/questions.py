"""The settings that most users must choose. Each is an option of `init`, and most are also a question."""

from __future__ import annotations

from typing import Iterable, Iterator, Mapping, NamedTuple, Optional


class SetupQuestion(NamedTuple):
    path: str
    """The key of application.yaml."""
    option: str
    text: str
    """Text of the question and of the option's help."""
    target: Optional[str] = None
    """The only target to which the question applies; None: all."""
    default: str = ""
    """Value of an empty answer; empty: the key's own default."""
    asked: bool = True
    """False: an option only."""


QUESTIONS = (
    SetupQuestion("target", "--target", "target: polardb or mongodb", default="polardb"),
    SetupQuestion("dynamodb.region", "--region", "DynamoDB's region (empty: from the SDK's default chain)"),
    SetupQuestion(
        "dynamodb.endpoint", "--source-endpoint", "DynamoDB's address, if it is not AWS's", asked=False
    ),
    SetupQuestion(
        "polardb.endpoint", "--endpoint", "PolarDB's DynamoDB address, such as http://HOST:5432", "polardb"
    ),
    SetupQuestion(
        "polardb.hostname",
        "--hostname",
        "the PolarDB primary's private address, for the reverse job (empty: later)",
        "polardb",
    ),
    SetupQuestion("mongodb.database", "--database", "MongoDB's database", "mongodb"),
    SetupQuestion(
        "filter.whiteTableSet", "--tables", "tables to migrate, such as orders;user_* (empty: all)"
    ),
    SetupQuestion(
        "filter.blackTableSet", "--except-tables", "tables to exclude, instead of --tables", asked=False
    ),
    SetupQuestion("mode", "--mode", "what to do: all, full, incremental or schema", asked=False),
    SetupQuestion(
        "tables.existing", "--existing", "existing tables: keep, fail, recreate or rename", asked=False
    ),
    SetupQuestion(
        "deadLetter.path",
        "--dead-letters",
        "a folder that all workers share, for items that the target rejects (empty: the first stops the job)",
    ),
)


def name_of(question: SetupQuestion) -> str:
    """The option's name as a variable."""
    return question.option[2:].replace("-", "_")


def open_questions(answered: Iterable[str], target: str) -> Iterator[SetupQuestion]:
    """The questions without an answer. `answered`: paths. `target` itself is asked separately, before."""
    known = {"target", *answered}
    if "filter.blackTableSet" in known:
        known.add("filter.whiteTableSet")
    for question in QUESTIONS:
        if question.asked and question.path not in known and question.target in (None, target):
            yield question


def given(options: Mapping[str, Optional[str]]) -> Mapping[str, str]:
    """Options by name -> values by path, without options that are not given. An empty one is an answer."""
    values = {question.path: options.get(name_of(question)) for question in QUESTIONS}
    return {path: value for path, value in values.items() if value is not None}
