"""The steps of the cut-over and of the rollback, in order."""

from __future__ import annotations

from connectors.command.cutover import check_steps, forward_steps, reverse_steps, stop_steps
from connectors.command.cutover.hand_over import let_go
from connectors.command.cutover.health import listed
from connectors.command.cutover.procedure import Context, ProcedureStep
from connectors.command.cutover.turning import after_cutover, after_rollback, turn
from connectors.command.cutover.verdict import StepVerdict, passed, would


def _switch(context: Context) -> str:
    tables = f"for the tables {listed(context.record.group)}, " if context.record.group else ""
    return f"{tables}point the application at {context.switch_to} and start it"


def switch(context: Context) -> StepVerdict:
    """All steps before this one have passed, because `run` ends at the first that does not.

    The chain of checks ends here, because the application writes to the target from now on. A chain for the
    way back takes its place.
    """
    now = _switch(context)
    if context.options.dry_run:
        return would("nothing was changed", f"print SWITCH NOW: {now}")
    if not context.over:
        turn(context, after_cutover)
    return passed(f"SWITCH NOW: {now}")


def switch_back(context: Context) -> StepVerdict:
    now = f"point the application at {context.switch_to} and start it"
    if context.options.dry_run:
        return would("nothing was changed", f"print SWITCH BACK NOW: {now}")
    if not context.over:
        turn(context, after_rollback)
    later = "Then run polarshake slot drop: a slot that no job reads fills the disk"
    return passed(f"SWITCH BACK NOW: {now}. {later}")


CUTOVER = (
    ProcedureStep("check", "the check reports EQUAL", check_steps.first),
    ProcedureStep("quiet", "writes to the source have stopped", stop_steps.quiet),
    ProcedureStep("lag", "every change is at the target", stop_steps.lag),
    ProcedureStep("last-check", "the last check reports EQUAL", check_steps.last),
    ProcedureStep("stop", "the forward job is stopped with a savepoint", stop_steps.stop),
    ProcedureStep("slot", "the slot is past the migration's writes", reverse_steps.advanced),
    ProcedureStep("reverse", "the reverse job runs and the slot is active", reverse_steps.started),
    ProcedureStep("switch", "switch", switch),
)
CUTOVER_OF_GROUP = tuple(
    ProcedureStep("stop", "the forward job has let go of the tables", let_go) if step.name == "stop" else step
    for step in CUTOVER
)
ROLLBACK = (
    ProcedureStep("reverse", "the reverse job runs and the slot is active", reverse_steps.follows),
    ProcedureStep("quiet", "writes to PolarDB have stopped", stop_steps.quiet),
    ProcedureStep("slot", "the slot is past the end of the log", stop_steps.slot_lag),
    ProcedureStep("last-check", "the check in the reverse direction reports EQUAL", check_steps.last),
    ProcedureStep("stop", "the reverse job is stopped with a savepoint", stop_steps.stop),
    ProcedureStep("forward", "the forward job follows DynamoDB again", forward_steps.follows),
    ProcedureStep("switch", "switch back", switch_back),
)
