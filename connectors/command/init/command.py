"""`polarshake init`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple, TypeVar

import click
from rich.console import Console

from connectors.base.errors import ConfigError
from connectors.command.complain import complain
from connectors.command.init.conversion import Converted, convert
from connectors.command.init.file import AlreadyThere, refuse_existing, write
from connectors.command.init.questions import QUESTIONS, SetupQuestion, given, name_of, open_questions
from connectors.command.init.show import show_next, show_outcomes
from connectors.command.init.values import error_lines, problem, refuse_emptied, settings_of
from connectors.config import load
from connectors.config.keys import as_mapping
from connectors.model.jobs import OK, PROBLEM, UNKNOWN

EXISTING = "tables.existing"
F = TypeVar("F", bound=Callable[..., Any])


def _answers(function: F) -> F:
    for question in reversed(QUESTIONS):
        click.option(question.option, name_of(question), metavar="TEXT", help=_sentence(question))(function)
    return function


def _sentence(question: SetupQuestion) -> str:
    return f"{question.text[0].upper()}{question.text[1:]}."


@click.command()
@click.option("--output", "-o", default="application.yaml", show_default=True, help="The file to write.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--from", "old", metavar="FILE", help="Convert this nimo-shake.conf.")
@click.option(
    "--ask/--no-ask", default=None, help="Ask for values that no option gives. Default: at a terminal."
)
@_answers
@click.option("--verbose", is_flag=True, help="With --from: show the keys that are not needed too.")
@click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="Any other key; may be repeated.")
def init(
    output: str,
    force: bool,
    old: Optional[str],
    ask: Optional[bool],
    sets: Tuple[str, ...],
    verbose: bool,
    **options: Optional[str],
) -> None:
    """Write a commented application.yaml.

    Its values come from the options, from an existing nimo-shake.conf, and
    from questions. It contains no secrets; the output says where to set them.

    Exit code 0: written. 1: written, but a key of the old file needs your
    decision; or not written, because the file exists. 2: a value is invalid.
    """
    console = Console(width=min(80, Console().width), highlight=False)
    path = Path(output)
    try:
        refuse_existing(path, force)
        converted = _converted(console, old, verbose)
        chosen = {**given(options), **_settled(sets)}
        values = {**converted.values, **chosen}
        refuse_emptied(str(old), converted.values, values)
        interactive = sys.stdin.isatty() if ask is None else ask
        existing_decided = EXISTING in chosen or (converted.drops and interactive and _decide_drop(values))
        if interactive and (ask or not old):
            _ask(values)
        settings = settings_of(values)
        write(path, settings, force)
    except AlreadyThere as refusal:
        _stop(str(refusal), PROBLEM)
    except ConfigError as error:
        _stop(error_lines(error), UNKNOWN)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        _stop(f"{getattr(error, 'filename', None) or old}: {reason}", UNKNOWN)
    else:
        show_next(console, output, settings)
        sys.exit(OK if converted.complete(existing_decided) else PROBLEM)


def _converted(console: Console, old: Optional[str], verbose: bool) -> Converted:
    if old is None:
        return Converted({}, [])
    converted = convert(Path(old).read_text(encoding="utf-8"))
    show_outcomes(console, old, converted.outcomes, verbose)
    return converted


def _decide_drop(values: Dict[str, Any]) -> bool:
    """Ask whether tables are dropped, as the old file does. True: there was an answer."""
    text = "Tables that exist at the target: DROP and create them again (tables.existing: recreate)?"
    if click.confirm(text, default=False):
        values[EXISTING] = "recreate"
    return True


def _settled(sets: Tuple[str, ...]) -> Dict[str, Any]:
    """KEY=VALUE, as for the jobs -> values by path."""
    mapping = as_mapping(load([f"--set={pair}" for pair in sets], {}))
    return {path: _at(mapping, path) for path in (pair.partition("=")[0].strip() for pair in sets)}


def _at(mapping: Any, path: str) -> Any:
    for name in path.split("."):
        mapping = mapping[name]
    return mapping


def _ask(values: Dict[str, Any]) -> None:
    if not values.get("target"):
        _put(values, QUESTIONS[0])
    for question in open_questions(list(values), values["target"]):
        _put(values, question)


def _put(values: Dict[str, Any], question: SetupQuestion) -> None:
    """Ask a question until the answer is valid for its key."""

    def fits(answer: str) -> str:
        try:
            if answer.strip():
                settings_of({question.path: answer.strip()})
        except ConfigError as error:
            raise click.BadParameter(problem(error)) from None
        return answer.strip()

    answer = click.prompt(_sentence(question).rstrip("."), default=question.default, value_proc=fits)
    if answer:
        values[question.path] = answer


def _stop(text: str, code: int) -> None:
    complain(text)
    sys.exit(code)
