"""What a command of an operator does to the tables that it names. Pure.

1. A command is followed or refused once for each table that it names, and says which and why.
2. A number (`orders@1`) names one suspension of a table: the command is refused once that suspension is over.
3. A suspended table is resumed only if its copy lacks nothing.
4. A table is copied again whether it is suspended or not, also after a command has released it. A table that
   the settings leave out is not.
5. A cut-over hands over tables that are live. From then on the application writes at the target, so only a
   command that names the table and its number, without a glob, takes it back.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

import msgspec

from connectors.base.table_fault import FaultKind
from connectors.base.text import timestamp
from connectors.engine.enumerator.suspension import Choices, handed_over, reason_of, release, resume
from connectors.engine.enumerator.table_planner import (
    PlannerRules,
    TableDecision,
    TableState,
    copy_again,
    suspended,
)
from connectors.model.commands import Action, OperatorCommand
from connectors.model.metric_names import metric_name
from connectors.model.steps import suspension_number

SHOWN = 5
"""Maximum tables that a refusal names."""


class CommandTarget(NamedTuple):
    """One table that a command names."""

    name: str
    """As given."""
    state: Optional[TableState]
    """None: the job has no such table."""
    number: Optional[int]

    @property
    def exact(self) -> bool:
        """It names this table and its present suspension."""
        if self.state is None:
            return False
        names = (self.state.table, metric_name(self.state.table))
        return self.name in [f"{name}@{suspension_number(self.state.hold)}" for name in names]


class CommandDecision(NamedTuple):
    table: str
    text: str
    decision: Optional[TableDecision] = None
    """None: the command is refused, or nothing is left to do."""
    followed: bool = True


def targets_of(command: OperatorCommand, tables: Mapping[str, TableState]) -> List[CommandTarget]:
    """Each table once, in the order of the command. A name may also be given as Flink's metrics show it."""
    targets: List[CommandTarget] = []
    for given in command.tables:
        name, number = _numbered(given)
        states = [tables[name]] if name in tables else _matching(name, tables.values())
        targets += [CommandTarget(given, state, number) for state in states]
        if not states:
            targets.append(CommandTarget(given, None, number))
    seen: Dict[str, CommandTarget] = {}
    for target in targets:
        seen.setdefault(target.state.table if target.state else target.name, target)
    return list(seen.values())


def decide_command(
    command: OperatorCommand,
    tables: Mapping[str, TableState],
    rules: PlannerRules,
    choices: Choices,
    now: float,
) -> List[CommandDecision]:
    """One decision for each table. `now`: epoch seconds."""
    return [
        _refused(target.name, f"this job has no table {target.name}. {known_tables(tables)}")
        if target.state is None
        else _decide(target, target.state, command, rules, choices, now)
        for target in targets_of(command, tables)
    ]


def _decide(
    target: CommandTarget,
    state: TableState,
    command: OperatorCommand,
    rules: PlannerRules,
    choices: Choices,
    now: float,
) -> CommandDecision:
    if command.action is Action.SUSPEND:
        return _suspend(state, command, rules, now)
    if command.action is Action.HAND_OVER:
        return _hand_over(state, command, now)
    if handed_over(state) and not target.exact:
        return _refused(state.table, _only_by_name(state))
    if command.action is Action.RELEASE:
        return _release(state, rules)
    number = suspension_number(state.hold) if state.suspension is not None else None
    if target.number not in (None, number):
        asked = f"{state.table}@{target.number} is not the present suspension"
        return _refused(state.table, f"{asked}. {_present(state)}")
    return _resume(state) if command.action is Action.RESUME else _rescan(state, rules, choices)


def _suspend(state: TableState, command: OperatorCommand, rules: PlannerRules, now: float) -> CommandDecision:
    if state.released:
        return _refused(state.table, f"table {state.table} is released: it is not moved any more")
    if state.suspension is not None:
        return CommandDecision(state.table, f"nothing to do: {_present(state)}")
    done = suspended(state, FaultKind.COMMAND, command.author, now)
    number = suspension_number(done.state.hold)
    text = f"table {state.table} is suspended ({state.table}@{number}): nothing of it is read or written"
    return CommandDecision(state.table, text, done)


def _hand_over(state: TableState, command: OperatorCommand, now: float) -> CommandDecision:
    if handed_over(state):
        return CommandDecision(state.table, f"nothing to do: {_present(state)}")
    if state.resting:
        return _refused(state.table, _present(state))
    if not state.live:
        return _refused(state.table, f"table {state.table} is not live: it is still being copied")
    done = suspended(state, FaultKind.HANDED_OVER, command.author, now)
    return CommandDecision(state.table, f"table {state.table} is handed over: nothing of it is written", done)


def _only_by_name(state: TableState) -> str:
    number = suspension_number(state.hold)
    return (
        f"{_present(state)}. Whoever takes it back overwrites what the application has written at the "
        f"target. polarshake rollback does it when nothing is lost; before the switch, so does "
        f"polarshake table resume {state.table}@{number}"
    )


def _resume(state: TableState) -> CommandDecision:
    if state.suspension is None:
        return _refused(state.table, f"there is nothing to resume. {_present(state)}")
    if state.suspension.incomplete:
        return _refused(
            state.table,
            f"the copy of table {state.table} is incomplete: {reason_of(state.suspension)}. Only a new copy "
            f"makes it complete: polarshake table rescan {state.table}",
        )
    return CommandDecision(state.table, f"table {state.table} goes on where it was", resume(state))


def _rescan(state: TableState, rules: PlannerRules, choices: Choices) -> CommandDecision:
    if not choices.includes(state.table):
        return _refused(
            state.table,
            f"the settings leave table {state.table} out. Include it, and resume the job from a savepoint",
        )
    if not rules.stream:
        return _refused(
            state.table,
            "a job that ends cannot begin a table again. Resume it from a savepoint with tables.rescan, or "
            "start it again",
        )
    text = (
        f"table {state.table} is copied again. Target items that the source does not have are deleted at the "
        "end"
    )
    return CommandDecision(state.table, text, copy_again(state, rules))


def _release(state: TableState, rules: PlannerRules) -> CommandDecision:
    if state.released:
        return CommandDecision(state.table, f"nothing to do: table {state.table} is released")
    done = release(state, rules)
    text = (
        f"table {state.table} is released: it is not moved any more, over restarts too. To copy it again: "
        f"polarshake table rescan {state.table}"
    )
    return CommandDecision(
        state.table, text, done._replace(state=msgspec.structs.replace(done.state, by_command=True))
    )


def _refused(table: str, text: str) -> CommandDecision:
    return CommandDecision(table, text, followed=False)


def _present(state: TableState) -> str:
    table, suspension = state.table, state.suspension
    if state.released:
        return f"Table {table} is released"
    if suspension is None:
        return f"Table {table} is not suspended"
    number = suspension_number(state.hold)
    since = timestamp(suspension.at)
    return f"Table {table} is suspended ({table}@{number}) since {since}: {reason_of(suspension)}"


def known_tables(tables: Mapping[str, TableState]) -> str:
    """A sentence."""
    names = sorted(tables)
    if not names:
        return "It has none yet"
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return f"It has {', '.join(names[:SHOWN])}{more}"


def _numbered(given: str) -> Tuple[str, Optional[int]]:
    name, sign, number = given.rpartition("@")
    return (name, int(number)) if sign and number.isascii() and number.isdigit() else (given, None)


def _matching(name: str, states: Iterable[TableState]) -> List[TableState]:
    """By glob, or by the name that Flink shows."""
    return [state for state in states if fnmatchcase(state.table, name) or metric_name(state.table) == name]
