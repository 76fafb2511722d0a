"""The expressions that the stand-in supports: key conditions, and SET and REMOVE of top-level attributes."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from local.standin.faults import ApiError, invalid, not_implemented
from local.standin.keys import KeyColumn
from local.standin.values import Value

TOKEN = re.compile(r"\s*([#:]?[A-Za-z0-9_]+|<=|>=|<>|.)", re.DOTALL)
COMPARISONS = ("=", "<", "<=", ">", ">=")


class KeyCondition(NamedTuple):
    hash_value: Value
    operator: Optional[str]
    """Condition on the range key: None, one of COMPARISONS, BETWEEN or begins_with."""
    operands: Tuple[Value, ...]


class Update(NamedTuple):
    set: Dict[str, Value]
    remove: List[str]


class Expression:
    """The tokens of an expression, with the names and values that it may use. Records which of them it
    uses."""

    def __init__(self, what: str, text: str, names: Mapping[str, str], values: Mapping[str, Value]) -> None:
        self.what, self._names, self._values = what, names, values
        self._tokens: List[str] = TOKEN.findall(text.strip())
        self._at = 0
        self._used: Set[str] = set()

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self._at += 1
        return token

    def accept(self, token: str) -> bool:
        if self.peek().upper() != token.upper():
            return False
        self._at += 1
        return True

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise self.wrong()

    def name(self) -> str:
        token = self.take()
        if token.startswith("#"):
            self._used.add(token)
            if token not in self._names:
                raise invalid(
                    f"Invalid {self.what}: attribute name {token} is not in ExpressionAttributeNames"
                )
            name = self._names[token]
        elif re.match(r"[A-Za-z][A-Za-z0-9_]*\Z", token):
            name = token
        else:
            self._at -= 1
            raise self.wrong()
        if self.peek() in (".", "["):
            raise not_implemented(f"nested paths in {self.what}")
        return name

    def value(self) -> Value:
        token = self.take()
        if not token.startswith(":"):
            self._at -= 1
            raise not_implemented(f"anything but a :value after an operator in {self.what}")
        self._used.add(token)
        if token not in self._values:
            raise invalid(f"Invalid {self.what}: value {token} is not in ExpressionAttributeValues")
        return self._values[token]

    def finish(self) -> None:
        """Raises ValidationException if tokens, names or values are left over."""
        if self.peek():
            raise self.wrong()
        for kind, given in (("Names", self._names), ("Values", self._values)):
            unused = sorted(set(given) - self._used)
            if unused:
                raise invalid(
                    f"Value provided in ExpressionAttribute{kind} unused in expressions: "
                    f"keys: {{{', '.join(unused)}}}"
                )

    def wrong(self) -> ApiError:
        return invalid(f"Invalid {self.what}: Syntax error; token: {self.peek() or '<EOF>'}")


def read_update(expression: Expression, columns: Sequence[KeyColumn]) -> Update:
    """SET name = :value, ... and REMOVE name, ..., in either order. Raises ValidationException."""
    update = Update({}, [])
    clauses: Set[str] = set()
    while expression.peek():
        clause = expression.take().upper()
        if clause in ("ADD", "DELETE"):
            raise not_implemented(f"{clause} in {expression.what}")
        if clause not in ("SET", "REMOVE") or clause in clauses:
            raise invalid(f"Invalid {expression.what}: Syntax error; token: {clause}")
        clauses.add(clause)
        _read_clause(expression, clause, update)
    expression.finish()
    _check_targets(update, columns)
    return update


def _read_clause(expression: Expression, clause: str, update: Update) -> None:
    while True:
        name = expression.name()
        if name in update.set or name in update.remove:
            raise invalid(
                f"Invalid {expression.what}: Two document paths overlap with each other; path: [{name}]"
            )
        if clause == "SET":
            expression.expect("=")
            update.set[name] = expression.value()
        else:
            update.remove.append(name)
        if not expression.accept(","):
            return


def _check_targets(update: Update, columns: Sequence[KeyColumn]) -> None:
    if not update.set and not update.remove:
        raise invalid("Invalid UpdateExpression: The expression can not be empty;")
    for column in columns:
        if column.name in update.set or column.name in update.remove:
            raise invalid(
                "One or more parameter values were invalid: "
                f"Cannot update attribute {column.name}. This attribute is part of the key"
            )


def read_key_condition(expression: Expression, columns: Sequence[KeyColumn]) -> KeyCondition:
    """`hash = :v`, alone or with one condition on the range key, in either order."""
    conditions: Dict[str, Tuple[str, Tuple[Value, ...]]] = {}
    for name, operator, operands in _conjunction(expression):
        if name in conditions:
            raise invalid("KeyConditionExpressions must only contain one condition per key")
        conditions[name] = (operator, operands)
    expression.finish()
    operator, operands = conditions.pop(columns[0].name, ("", ()))
    if operator != "=":
        raise invalid(f"Query condition missed key schema element: {columns[0].name} = :value")
    range_name = columns[1].name if len(columns) > 1 else None
    if set(conditions) - {range_name}:
        raise invalid(f"Query key condition not supported on: {', '.join(sorted(conditions))}")
    range_operator, range_operands = conditions.get(range_name or "", (None, ()))
    return KeyCondition(operands[0], range_operator, range_operands)


Condition = Tuple[str, str, Tuple[Value, ...]]


def _conjunction(expression: Expression) -> List[Condition]:
    conditions = _term(expression)
    while expression.accept("AND"):
        conditions += _term(expression)
    return conditions


def _term(expression: Expression) -> List[Condition]:
    if expression.accept("("):
        conditions = _conjunction(expression)
        expression.expect(")")
        return conditions
    if expression.accept("begins_with"):
        expression.expect("(")
        name = expression.name()
        expression.expect(",")
        condition = (name, "begins_with", (expression.value(),))
        expression.expect(")")
        return [condition]
    name = expression.name()
    if expression.accept("BETWEEN"):
        low = expression.value()
        expression.expect("AND")
        return [(name, "BETWEEN", (low, expression.value()))]
    if expression.peek() not in COMPARISONS:
        raise expression.wrong()
    return [(name, expression.take(), (expression.value(),))]
