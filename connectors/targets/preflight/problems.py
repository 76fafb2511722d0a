"""Converts a fault to one line that says what to do, and many lines to one message. Pure."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence

from connectors.base.errors import PolarshakeError, PreflightError, TransientError
from connectors.dynamodb.answers import DamagedError
from connectors.dynamodb.credentials import CredentialsError
from connectors.dynamodb.faults import (
    EXPIRED_KEYS,
    SKEWED,
    SOURCE,
    STREAMS,
    WRONG_KEYS,
    ServiceError,
    SettingNames,
    advice,
)

KEYS_REFUSED = WRONG_KEYS | EXPIRED_KEYS | SKEWED
"""The side refuses every call with these codes, so they are not the problem of one table."""
_OF_AWS = (SOURCE.endpoint, STREAMS.endpoint)
_NEW_POLARDB = "a new PolarDB address can take over 10 minutes to resolve"
NAMED = 5
"""Maximum number of tables named in one line: hundreds may share a problem."""


class Problem(NamedTuple):
    text: str
    """What is wrong and what to do, the same for every table that has it."""
    table: str = ""
    detail: str = ""
    """What the service said, which may differ from table to table: the first is shown."""
    missing: str = ""
    """The name of a table that the source does not have."""

    @property
    def of_one_table(self) -> bool:
        """Whether the other tables can be moved."""
        return bool(self.table or self.missing)


def explain(error: PolarshakeError, names: SettingNames, table: str = "") -> Problem:
    """`names`: the settings of the side that raised the error, for the message."""
    if isinstance(error, TransientError):
        return _unavailable(error, names)
    if not isinstance(error, ServiceError):
        return Problem(str(error), table)
    hint = advice(error.code, error.operation, names)
    detail = error.message.replace(hint, "") if hint else error.message
    if error.code in KEYS_REFUSED:
        # The rest of AWS's message quotes the request to be signed, including the session token.
        said = error.message.partition("\n")[0].replace(hint, "")
        return Problem(f"{names.endpoint} refuses the credentials: {error.code}. {hint}", "", said)
    where = "" if table else f"{names.endpoint}: "
    return Problem(f"{where}{error.operation} was refused: {error.code}. {hint}".strip(), table, detail)


def _unavailable(error: TransientError, names: SettingNames) -> Problem:
    """Names no table: the problem is that of the side, and is reported once."""
    if isinstance(error, CredentialsError):
        return Problem(str(error))
    cause = error.__cause__
    if isinstance(cause, ServiceError):
        return Problem(
            f"{names.endpoint}: the service kept answering {cause.code}. Try again later", "", cause.message
        )
    if isinstance(error, DamagedError):
        return Problem(
            f"{names.endpoint} answers, but not as DynamoDB does. Check the address, and the proxies on "
            f"the way",
            "",
            str(error),
        )
    return Problem(
        f"{names.endpoint} cannot be reached. Check it, and that this machine's network leads there; "
        f"{'if it is not set, check ' + names.region if names.endpoint in _OF_AWS else _NEW_POLARDB}",
        "",
        str(error),
    )


def late(seconds: float, table: str) -> Problem:
    return Problem(
        f"not checked within {seconds:.0f} s. Check the network to both sides and try again", table
    )


def silent(seconds: float, setting: str) -> Problem:
    return Problem(f"{setting} did not list its tables within {seconds:.0f} s. Check it and the network")


def lines_of(problems: Sequence[Problem]) -> List[str]:
    """One line per problem; tables with the same problem share a line."""
    return [_line(group) for group in _grouped(problems)]


def error_of(problems: Sequence[Problem]) -> PreflightError:
    """One error with all problems."""
    lines = lines_of(problems)
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    return PreflightError("\n- ".join([f"nothing was written; {count} must be solved first:", *lines]))


def _grouped(problems: Sequence[Problem]) -> List[List[Problem]]:
    groups: Dict[str, List[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.text, []).append(problem)
    return list(groups.values())


def _line(group: List[Problem]) -> str:
    text, detail = group[0].text.rstrip("."), group[0].detail.strip().rstrip(".")
    line = f"{_tables([problem.table for problem in group if problem.table])}{text}."
    line = f"{line} ({detail})" if detail else line
    return " ".join(line.split())


def _tables(names: List[str]) -> str:
    if not names:
        return ""
    return f"{'table' if len(names) == 1 else 'tables'} {listed(names)}: "


def listed(names: Sequence[str], most: int = NAMED) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(sorted(names)[:most]) + more
