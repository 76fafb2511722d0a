"""Reads the facts about every table. A question that the service refuses is a fact too, and never an end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import msgspec

from connectors.base.errors import PolarshakeError, TransientError
from connectors.command.assess.facts import NOTHING_ELSE, LeftBehind, NotKnown, TableFacts, extras_of
from connectors.command.assess.left_behind import left_behind
from connectors.command.assess.questions import ABSENT_CODES, QUESTIONS, SourceQuestion
from connectors.config.choices import TargetName
from connectors.dynamodb.answers import Answer
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import DENIED, NO_TABLE, SOURCE, ServiceError
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription, description_of
from connectors.targets.preflight.problems import Problem, explain

THREADS = 8
UNKNOWN_OPERATIONS = frozenset({"UnknownOperationException", "NotImplemented", "InvalidAction", "HTTP 501"})


class _TableAnswer(Answer):
    Table: Dict[str, Any]


class _LimitsAnswer(Answer):
    TableMaxReadCapacityUnits: int = 0


_decode_table = msgspec.json.Decoder(_TableAnswer).decode
_decode_limits = msgspec.json.Decoder(_LimitsAnswer).decode


class SurveyResult(NamedTuple):
    tables: List[TableFacts]
    problems: List[Problem]
    """Tables that could not be described."""


Progress = Callable[[str], None]


def survey(
    caller: Caller, names: Sequence[str], target: TargetName, progress: Progress = lambda text: None
) -> SurveyResult:
    """The facts about each table, in the order of `names`. Raises nothing for a single table."""
    asker = _Survey(caller, target)
    result = SurveyResult([], [])
    with ThreadPoolExecutor(THREADS, thread_name_prefix="assess") as pool:
        for number, facts in enumerate(pool.map(asker.table, names), 1):
            if isinstance(facts, Problem):
                result.problems.append(facts)
            else:
                result.tables.append(facts)
            progress(f"{number} of {len(names)} tables described")
    return result


def table_read_quota(caller: Caller) -> Optional[int]:
    """The read units per second that the account allows a table; None: not known."""
    try:
        return api.ask(caller, "DescribeLimits", {}, _decode_limits).TableMaxReadCapacityUnits or None
    except PolarshakeError:
        return None


class _Survey:
    """Thread-safe. An operation that the endpoint does not have, or does not answer, is asked for once."""

    def __init__(self, caller: Caller, target: TargetName) -> None:
        self._caller, self._target = caller, target
        self._lock = threading.Lock()
        self._given_up: Dict[str, str] = {}

    def table(self, name: str) -> Union[TableFacts, Problem]:
        try:
            answer = api.ask(self._caller, "DescribeTable", {"TableName": name}, _decode_table)
            description = description_of(answer.Table)
        except ServiceError as error:
            if error.code in NO_TABLE:
                return Problem("vanished during the assessment. Start again", name)
            return explain(error, SOURCE, name)
        except PolarshakeError as error:
            return explain(error, SOURCE, name)
        extras = extras_of(answer.Table)
        not_known = (
            [] if extras else [NotKnown("some properties", "DescribeTable", "the answer has another shape")]
        )
        facts = TableFacts(description, extras or NOTHING_ELSE, [], not_known)
        facts.left.extend(left_behind(description, facts.extras, self._target))
        for question in QUESTIONS:
            self._ask(question, facts)
        return facts._replace(ttl=self._ttl(description, facts.not_known))

    def _ask(self, question: SourceQuestion, facts: TableFacts) -> None:
        request = question.request(facts.description, facts.extras)
        if not request:
            return
        left, reason = self._answer(question, request, facts.name)
        facts.left.extend(left)
        if reason:
            facts.not_known.append(NotKnown(question.what, question.operation, reason))

    def _answer(
        self, question: SourceQuestion, request: Dict[str, Any], table: str
    ) -> Tuple[List[LeftBehind], str]:
        """What is left behind, and why it is not known."""
        given_up = self._given_up.get(question.operation)
        if given_up:
            return [], given_up
        try:
            body = self._caller.call(question.operation, msgspec.json.encode(request), table).body
            return list(question.read(msgspec.json.decode(body))), ""
        except PolarshakeError as error:
            if isinstance(error, ServiceError) and error.code in ABSENT_CODES:
                return [], ""
            return [], self._reason(question.operation, error)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
            return [], f"the answer of {question.operation} has another shape than AWS documents"

    def _reason(self, operation: str, error: PolarshakeError) -> str:
        if isinstance(error, ServiceError) and error.code in DENIED:
            return f"needs permission dynamodb:{operation}"
        code = error.code if isinstance(error, ServiceError) else "no answer"
        reason = f"the endpoint does not answer {operation} ({code})"
        if isinstance(error, TransientError) or code in UNKNOWN_OPERATIONS:
            with self._lock:
                self._given_up[operation] = reason
        return reason

    def _ttl(self, table: TableDescription, not_known: List[NotKnown]) -> str:
        try:
            return api.describe_ttl(self._caller, table.TableName) or ""
        except PolarshakeError as error:
            not_known.append(
                NotKnown("time to live", "DescribeTimeToLive", self._reason("DescribeTimeToLive", error))
            )
            return ""
