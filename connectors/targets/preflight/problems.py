"""From a fault to one line that says what to do, and from many lines to one message. Pure."""

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
"""Not one table's problem: the side refuses every call."""
_OF_AWS = (SOURCE.endpoint, STREAMS.endpoint)
_NEW_POLARDB = "a new PolarDB address can take over 10 minutes to resolve"
NAMED = 5
"""Tables named in one line: hundreds may share a problem."""


class Problem(NamedTuple):
    text: str
    """What is wrong and what to do, the same for every table that has it."""
    table: str = ""
    detail: str = ""
    """What the service said, which may differ from table to table: the first is shown."""


def explain(error: PolarshakeError, names: SettingNames, table: str = "") -> Problem:
    """`names` tells how the user calls the settings of the side that raised it."""
    if isinstance(error, TransientError):
        return _unavailable(error, names)
    if not isinstance(error, ServiceError):
        return Problem(str(error), table)
    hint = advice(error.code, error.operation, names)
    detail = error.message.replace(hint, "") if hint else error.message
    if error.code in KEYS_REFUSED:
        # AWS goes on to quote what should have been signed, session token included.
        said = error.message.partition("\n")[0].replace(hint, "")
        return Problem(f"{names.endpoint} refuses the credentials: {error.code}. {hint}", "", said)
    where = "" if table else f"{names.endpoint}: "
    return Problem(f"{where}{error.operation} was refused: {error.code}. {hint}".strip(), table, detail)


def _unavailable(error: TransientError, names: SettingNames) -> Problem:
    """Without a table: it is the side's problem, told once."""
    if isinstance(error, CredentialsError):
        return Problem(str(error))
    cause = error.__cause__
    if isinstance(cause, ServiceError):
        return Problem(
            f"{names.endpoint}: the service kept answering {cause.code}. Try again later", "", cause.message
        )
    if isinstance(error, DamagedError):
        return Problem(
            f"{names.endpoint} answers, and not as DynamoDB does. Check that it leads there, and the proxies "
            f"on the way",
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
    """A line each; tables with the same problem share it."""
    return [_line(group) for group in _grouped(problems)]


def error_of(problems: Sequence[Problem]) -> PreflightError:
    """All of them in one error."""
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
