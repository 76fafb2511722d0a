"""The text of `letters list`, `show` and `retry`. Pure."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence

import msgspec

from connectors.base.text import plural, size, timestamp
from connectors.command.letters.ledger import LedgerEntry, LetterGroup
from connectors.command.letters.retry import RetryOutcome
from connectors.model.stored_letters import StoredLetter

GROUPS = 30
"""Maximum groups that `list` prints. `--json` prints all."""
BODY = 200
"""Maximum characters of an item that `show` prints."""


def list_lines(groups: Sequence[LetterGroup], place: str) -> Iterator[str]:
    open_ = sum(group.open for group in groups)
    settled = sum(group.settled for group in groups)
    yield f"{plural(open_, 'open dead letter')}, {settled:,} settled, in {place}"
    for group in groups[:GROUPS]:
        yield ""
        yield f"{group.open:>7,} open  {group.table}, {group.op}" + (
            f"; {group.settled:,} settled" if group.settled else ""
        )
        yield f"        {_span(group)}"
        yield f"        {group.reason or 'no reason is stored'}"
    if len(groups) > GROUPS:
        yield ""
        yield f"and {plural(len(groups) - GROUPS, 'more group')}: --json prints all"


def _span(group: LetterGroup) -> str:
    first, last = timestamp(group.first), timestamp(group.last)
    return f"at {first}" if first == last else f"from {first} to {last}"


def letter_lines(entry: LedgerEntry) -> Iterator[str]:
    letter = entry.letter
    state = "open" if entry.open else "settled"
    yield f"{timestamp(letter.time)}  {state}  {letter.table}, {letter.op}, {size(len(body_of(letter)))}"
    yield f"  reason: {letter.reason or 'none is stored'}"
    yield f"  origin: {letter.origin}"
    body = body_of(letter)
    yield f"  {'key' if letter.op == 'delete' else 'item'}: {body[:BODY]}" + ("..." if body[BODY:] else "")


def body_of(letter: StoredLetter) -> str:
    return letter.body.decode("utf-8", "replace") or f"base64 {letter.base64}"


def as_json(entry: LedgerEntry) -> str:
    """One line of JSON: the letter as it is stored, with its identity and its state."""
    letter = entry.letter
    known = {"letter": letter.identity.hex(), "open": entry.open, "time": letter.time, "table": letter.table}
    body = {"base64": letter.base64} if not letter.body else _body(letter)
    return msgspec.json.encode(
        {**known, "op": letter.op, **body, "reason": letter.reason, "origin": letter.origin}
    ).decode()


def _body(letter: StoredLetter) -> Dict[str, msgspec.Raw]:
    return {"key" if letter.op == "delete" else "item": msgspec.Raw(letter.body)}


def retry_lines(outcome: RetryOutcome, report: str) -> List[str]:
    lines = [f"{plural(outcome.keys, 'key')} compared; {plural(len(outcome.marks), 'dead letter')} settled"]
    lines += [f"still different: {plural(count, 'key')}: {why}" for why, count in outcome.refused.items()]
    lines += [f"not tried: {plural(count, 'letter')}: {why}" for why, count in outcome.left.items()]
    if outcome.problems:
        lines += ["the check is not complete, so nothing is settled:"]
        lines += [f"  {problem}" for problem in outcome.problems]
    if outcome.keys:
        lines.append(f"report: {report}")
    return lines
