"""The handful of settings that differ between users: each an option, and most of them a question."""

from __future__ import annotations

from typing import Iterable, Iterator, Mapping, NamedTuple, Optional


class SetupQuestion(NamedTuple):
    path: str
    """The key of application.yaml."""
    option: str
    text: str
    """What is asked, and what the option's help says."""
    target: Optional[str] = None
    """Only of those who write there."""
    default: str = ""
    """Taken for an empty answer; empty: the key's own default."""
    asked: bool = True
    """False: an option only."""


QUESTIONS = (
    SetupQuestion("target", "--target", "where to: polardb or mongodb", default="polardb"),
    SetupQuestion(
        "dynamodb.region", "--region", "DynamoDB's region (empty: that of the SDK's default chain)"
    ),
    SetupQuestion(
        "dynamodb.endpoint", "--source-endpoint", "DynamoDB's address, where it is not AWS's", asked=False
    ),
    SetupQuestion(
        "polardb.endpoint", "--endpoint", "PolarDB's DynamoDB address, such as http://HOST:5432", "polardb"
    ),
    SetupQuestion(
        "polardb.hostname",
        "--hostname",
        "the PolarDB primary's private address, for the way back (empty: later)",
        "polardb",
    ),
    SetupQuestion("mongodb.database", "--database", "MongoDB's database", "mongodb"),
    SetupQuestion("filter.whiteTableSet", "--tables", "tables to move, such as orders;user_* (empty: all)"),
    SetupQuestion(
        "filter.blackTableSet", "--except-tables", "tables to leave out, in place of --tables", asked=False
    ),
    SetupQuestion("mode", "--mode", "what to do: all, full, incremental or schema", asked=False),
    SetupQuestion(
        "tables.existing", "--existing", "tables already there: keep, fail, recreate or rename", asked=False
    ),
    SetupQuestion(
        "deadLetter.path",
        "--dead-letters",
        "a folder all workers share, for items that the target refuses (empty: the first stops the job)",
    ),
)


def name_of(question: SetupQuestion) -> str:
    """The option's name as a variable."""
    return question.option[2:].replace("-", "_")


def open_questions(answered: Iterable[str], target: str) -> Iterator[SetupQuestion]:
    """What is still to be asked; `answered`: paths. `target` itself is asked first, and apart."""
    known = {"target", *answered}
    if "filter.blackTableSet" in known:
        known.add("filter.whiteTableSet")
    for question in QUESTIONS:
        if question.asked and question.path not in known and question.target in (None, target):
            yield question


def given(options: Mapping[str, Optional[str]]) -> Mapping[str, str]:
    """Options by name -> values by path; those that are not given are left out."""
    found = {question.path: options.get(name_of(question)) for question in QUESTIONS}
    return {path: value for path, value in found.items() if value}
