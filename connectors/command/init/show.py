"""Shows the outcome of each key and the next step, at 80 columns."""

from __future__ import annotations

from collections import Counter
from typing import Iterator, Sequence, Tuple

from rich.console import Console
from rich.text import Text

from connectors.base.text import plural, visible
from connectors.command.columns import TextRow, print_rows, wrapped
from connectors.command.init.outcome import NEED_YOU, Fate, OptionOutcome
from connectors.config import Settings
from connectors.config.credentials import DYNAMODB_KEY, SecretKey
from connectors.config.needs import missing_in_file
from connectors.targets.open import kind_of

STYLES = {Fate.MAPPED: "green", Fate.INSTEAD: "red", Fate.UNKNOWN: "red", Fate.SECRET: "yellow"}

MORE = ". --verbose shows those that are not needed"


def show_outcomes(console: Console, file: str, outcomes: Sequence[OptionOutcome], verbose: bool) -> None:
    """What needs the user comes first. Keys that are not needed are only counted, unless `verbose`."""
    need = [outcome for outcome in outcomes if outcome.became.fate in NEED_YOU]
    if need:
        verb = "needs" if len(need) == 1 else "need"
        _say(console, f"{plural(len(need), 'key')} of {visible(file)} {verb} you:")
        _show_group(console, need)
        console.print()
    shown = [Fate.MAPPED, Fate.SECRET, *([Fate.UNNEEDED] if verbose else [])]
    _show_group(console, [outcome for fate in shown for outcome in outcomes if outcome.became.fate is fate])
    more = "" if verbose or not any(outcome.became.fate is Fate.UNNEEDED for outcome in outcomes) else MORE
    _say(console, f"\n{visible(file)}: {summary(outcomes)}{more}")


def _show_group(console: Console, outcomes: Sequence[OptionOutcome]) -> None:
    fates = [outcome.became.fate for outcome in outcomes]
    rows = [
        TextRow((fate.value,), visible(line(outcome)), STYLES.get(fate, ""))
        for fate, outcome in zip(fates, outcomes)
    ]
    print_rows(console, rows)


def line(outcome: OptionOutcome) -> str:
    name = outcome.key if outcome.key != "?" else f"line {outcome.line}"
    arrow = " ->" if outcome.became.fate is Fate.MAPPED else ":"
    return f"{name}{arrow} {outcome.became.text}"


def summary(outcomes: Sequence[OptionOutcome]) -> str:
    counts = Counter(outcome.became.fate for outcome in outcomes)
    return ", ".join(f"{counts[fate]} {fate.value}" for fate in Fate if counts[fate]) or "no keys"


def show_next(console: Console, path: str, settings: Settings) -> None:
    path = visible(path)
    _say(console, f"{path} is written. It contains no secrets: export them, or use the jobs' options.")
    print_rows(
        console,
        [TextRow((f"  {key.variable}",), f"{key.meaning}{note}") for key, note in secrets_of(settings)],
    )
    for missing in missing_in_file(settings, *kind_of(settings).needs):
        _say(console, f"Still missing: {missing}. Set it in {path}: no job starts without it.", "yellow")
    _say(console, f"Next: polarshake doctor --config {path}")


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(Text("\n".join(wrapped(text, console.width)), style), soft_wrap=True)


def secrets_of(settings: Settings) -> Iterator[Tuple[SecretKey, str]]:
    """The secrets that this target needs, each with a remark."""
    for key in DYNAMODB_KEY:
        yield key, "" if key is DYNAMODB_KEY[2] else "; if unset: the SDK's default chain"
    kind = kind_of(settings)
    yield from ((key, "") for key in kind.secrets)
    for number, key in enumerate(kind.reverse_secrets):
        yield key, ", for the reverse job" if number else ""
