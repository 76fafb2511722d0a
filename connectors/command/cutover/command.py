"""The subcommands `cutover` and `rollback`."""

from __future__ import annotations

import os
import shlex
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

import click

from connectors.base.errors import ConfigError, PolarshakeError, TerminalError, TransientError
from connectors.base.text import timestamp, visible_lines
from connectors.check.report.stored import place_of
from connectors.check.sides import report_sides
from connectors.command.complain import complain
from connectors.command.cutover.control import PlacedCommands
from connectors.command.cutover.foreign import WatchedSlots
from connectors.command.cutover.journal import Journal, JournalFile
from connectors.command.cutover.ports import ChangeStreams, FlinkCluster, ReplicationSlots
from connectors.command.cutover.procedure import Context, Options, ProcedureStep, run
from connectors.command.cutover.report_gate import StoredReports, seconds
from connectors.command.cutover.share import (
    SelectedTables,
    Share,
    forward_progress,
    group_of,
    known_share,
    shown_progress,
)
from connectors.command.cutover.steps import CUTOVER, CUTOVER_OF_GROUP, ROLLBACK
from connectors.command.cutover.streams import DynamoStreams, PolarLog
from connectors.command.cutover.submit import FlinkRun
from connectors.command.options import config_option, flink_option, job_arguments
from connectors.command.progress.flink import FlinkJobs
from connectors.command.progress.snapshot import JobProgress
from connectors.command.run.flink import find_flink
from connectors.command.table.placing import open_commands
from connectors.config import load, require
from connectors.config.choices import Direction
from connectors.config.places import is_s3
from connectors.config.settings import Settings
from connectors.model.jobs import FORWARD, REVERSE, UNKNOWN
from connectors.notify.open import EVENT_SECONDS, open_sender
from connectors.targets.open import kind_of

JOURNAL_FOLDER = "check-report"
"""Folder of the journal if the report is in a bucket, relative to the working directory."""

FOR_THE_WAY_BACK = (
    "The reverse job needs this: it makes a rollback possible. To cut over without it, give --without-reverse"
)

OPTIONS = (
    config_option(required=True),
    flink_option(),
    click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="As for the jobs; repeatable."),
    click.option("--job", metavar="ID", help="The job to stop, if several of its kind are running."),
    click.option(
        "--report",
        metavar="PLACE",
        help="Place of the check's report. The journal is in the same folder; in check-report if the report "
        "is in a bucket. Default: check-report.",
    ),
    click.option(
        "--quiet-seconds",
        default=60.0,
        show_default=True,
        type=click.FloatRange(1, 86_400),
        help="How long there must have been no writes.",
    ),
    click.option(
        "--patience-seconds",
        default=900.0,
        show_default=True,
        type=click.FloatRange(1, 86_400),
        help="How long to wait for that.",
    ),
    click.option("--savepoint-dir", metavar="URL", help="Folder of the savepoint. Default: the cluster's."),
    click.option("--run/--no-run", "run_jobs", default=True, help="Run `flink run` for check and reverse."),
    click.option(
        "--flink-command", default="flink", show_default=True, metavar="WORDS", help="What starts a job."
    ),
    click.option(
        "--parallelism", type=click.IntRange(1, 4096), help="Parallelism of the jobs that the command starts."
    ),
    click.option("--new-journal", is_flag=True, help="Rename an existing journal and start a new one."),
    click.option("--dry-run", is_flag=True, help="Verify everything, change nothing."),
)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command()
@with_options
@click.option(
    "--max-age-hours",
    default=24.0,
    show_default=True,
    type=click.FloatRange(0, 8760),
    help="Maximum age of the check that step 1 accepts.",
)
@click.option(
    "--tables",
    metavar="NAMES",
    help="Only these tables, separated by commas. The forward job goes on for the others. Needs --report.",
)
@click.option("--without-reverse", is_flag=True, help="Do not start the reverse job.")
def cutover(max_age_hours: float, without_reverse: bool, **given: Any) -> None:
    """Move the application to PolarDB, step by step.

    Each step verifies a condition, reports what it found, and stops the command if the condition is not met.
    After a refusal, run the command again: it continues with the results that are still valid. Exit code: 0
    switch now, 1 a step refuses, 2 unknown.
    """
    steps = CUTOVER_OF_GROUP if given["tables"] is not None else CUTOVER
    _leave("cutover", steps, given, max_age_hours * 3600, not without_reverse)


@click.command()
@with_options
@click.option(
    "--without-forward", is_flag=True, help="Do not start the forward job: there will be no second cut-over."
)
def rollback(without_forward: bool, **given: Any) -> None:
    """Move the application back to DynamoDB, step by step.

    Exit code: 0 switch back now, 1 a step refuses, 2 unknown.
    """
    _leave("rollback", ROLLBACK, given, 0.0, True, not without_forward)


def _leave(
    kind: str,
    steps: Sequence[ProcedureStep],
    given: Any,
    max_age: float,
    with_slots: bool,
    follow: bool = True,
) -> None:
    options = Options(
        given["quiet_seconds"],
        given["patience_seconds"],
        max_age,
        given["savepoint_dir"],
        given["job"],
        given["dry_run"],
        given["run_jobs"],
        follow,
    )
    try:
        context = context_of(kind, given, options, with_slots)
        with told(context, given):
            code = run(context, steps)
    except PolarshakeError as error:
        complain(error)
        sys.exit(UNKNOWN)
    except KeyboardInterrupt:
        click.echo("\nThe journal records what was done. Run the command again to continue", err=True)
        raise
    if not options.dry_run:
        click.echo(f"\njournal: {context.file.page}")
    sys.exit(code)


@contextmanager
def told(context: Context, given: Any) -> Iterator[None]:
    """The events of the steps are sent as the settings say."""
    sender = open_sender(load(job_arguments(given["config"], given["sets"]), os.environ))
    context.tell_event = sender
    try:
        yield
    finally:
        sender.close(EVENT_SECONDS)


def context_of(kind: str, given: Any, options: Options, with_slots: bool) -> Context:
    """The context of a run. `given`: the values of OPTIONS by name. Raises ConfigError and TerminalError."""
    arguments = job_arguments(given["config"], given["sets"])
    report = ["--set", f"check.report={given['report']}"] if given["report"] else []
    settings = load([*arguments, *report], os.environ)
    forward = kind == "cutover"
    direction = Direction.FORWARD if forward else Direction.REVERSE
    settings = replace(settings, check=replace(settings.check, direction=direction))
    group = _group(given, settings)
    place = place_of(settings)
    folder = Path(JOURNAL_FOLDER).absolute() if is_s3(place) else Path(place)
    flink = FlinkJobs(given["flink"])
    with_slots = with_slots and bool(kind_of(settings).reverse_secrets)
    if with_slots:
        _require_database(settings, forward)
    file = JournalFile(folder, kind, options.dry_run)
    source, target = report_sides(settings)
    fresh = Journal(
        kind=kind, begun=timestamp(time.time()), source=source, target=target, flink=flink.address
    )
    fresh.group = list(group)
    record = _record(file, fresh, folder, given["new_journal"])
    share = known_share(record, settings.filter, partial(_forward, flink, kind, options))
    selected = load([*arguments, *share.selection, *report], os.environ).filter
    replicated = load([*arguments, *share.replicated], os.environ)
    slots = _slots(replicated) if with_slots else None
    shown = SelectedTables(flink, group) if group else flink
    return Context(
        record=record,
        file=file,
        options=options,
        flink=shown,
        whole=flink,
        control=PlacedCommands(open_commands(settings), _say) if _needs_control(record, options) else None,
        foreign=WatchedSlots(replace(settings, filter=selected)) if forward and with_slots else None,
        streams=_streams(forward, shown, slots),
        slots=slots,
        reports=StoredReports(place, settings),
        runner=_runner(given, arguments, place, replace(settings, filter=selected), share),
        job_name=FORWARD if forward else REVERSE,
        direction=direction,
        switch_to=f"{target.system}, {target.endpoint}",
        say=_say,
    )


def _group(given: Any, settings: Settings) -> Tuple[str, ...]:
    """The tables of `--tables`. Raises TerminalError."""
    group = group_of(given.get("tables"), settings.filter)
    if group and not given["report"]:
        raise TerminalError(
            "--tables needs --report: a folder for this group alone, with its check and its journal. Make "
            "the check of all items with the same --tables and --report"
        )
    return group


def _forward(flink: FlinkJobs, kind: str, options: Options) -> Optional[JobProgress]:
    wanted = options.job if kind == "cutover" else None
    if not options.dry_run:
        return shown_progress(flink, wanted)
    with suppress(TransientError):  # the steps say that Flink does not answer
        return forward_progress(flink, wanted)
    return None


def _needs_control(record: Journal, options: Options) -> bool:
    return not options.dry_run and bool(record.group or (record.kind == "rollback" and record.earlier))


def _runner(given: Any, arguments: Sequence[str], place: str, settings: Settings, share: Share) -> FlinkRun:
    flink = _flink(given["flink_command"])
    # Words such as `kubectl exec POD -- flink` start jobs on another machine.
    here = settings if len(flink) == 1 else None
    return FlinkRun(flink, arguments, place, given["parallelism"], here, share)


def _flink(words: str) -> List[str]:
    """The command that starts a job. `flink` is found even if it is not on the PATH."""
    if words != "flink":
        return shlex.split(words)
    try:
        return find_flink()
    except TerminalError:  # it may not be needed; if it is, the error names the option
        return ["flink"]


def _say(text: str) -> None:
    click.echo(visible_lines(text))


def _require_database(settings: Settings, forward: bool) -> None:
    """Raises ConfigError; for a cut-over TerminalError, which names the way without it."""
    try:
        require(settings, "polardb.hostname", "polardb.login")
    except ConfigError as error:
        if not forward:
            raise
        raise TerminalError(f"{error}\n{FOR_THE_WAY_BACK}") from None


def _slots(settings: Settings) -> ReplicationSlots:
    from connectors.command.cutover.postgres import PostgresSlots

    return PostgresSlots(settings)


def _streams(forward: bool, flink: FlinkCluster, slots: Optional[ReplicationSlots]) -> ChangeStreams:
    if forward:
        return DynamoStreams(flink)
    if slots is None:
        raise TerminalError("rollback requires target: polardb, because MongoDB has no reverse job")
    return PolarLog(flink, slots)


def _record(file: JournalFile, fresh: Journal, folder: Path, new_journal: bool) -> Journal:
    """The stored journal if it belongs to this cut-over, else a new one.

    Raises TerminalError for the journal of another cut-over, and for one that is over.
    """
    if new_journal:
        file.set_aside()
        return fresh
    stored = file.load()
    if stored is None:
        return fresh
    if (stored.source, stored.target) != (fresh.source, fresh.target):
        ends = f"{stored.source.endpoint} to {stored.target.endpoint}"
        raise TerminalError(
            f"{file.path} belongs to another {stored.kind}, {ends}. "
            f"--new-journal renames it and starts a new one"
        )
    if stored.group != fresh.group:
        tables = f"the cut-over of {', '.join(stored.group)}" if stored.group else "a cut-over of all tables"
        raise TerminalError(
            f"{file.path} belongs to {tables}. Give each group a folder of its own with --report; or "
            f"--new-journal renames it and starts a new one"
        )
    other = JournalFile(folder, "rollback" if fresh.kind == "cutover" else "cutover").load()
    if other and other.stopped and other.stopped.at > seconds(stored.begun):
        when = timestamp(other.stopped.at)
        raise TerminalError(
            f"the {stored.kind} of {file.path} is over: a {other.kind} followed at {when}. "
            f"--new-journal starts a new one"
        )
    return stored
