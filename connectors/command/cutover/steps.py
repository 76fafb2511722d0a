"""Both procedures."""

from __future__ import annotations

from connectors.command.cutover import check_steps, reverse_steps, stop_steps
from connectors.command.cutover.procedure import Night, Step
from connectors.command.cutover.verdict import Verdict, passed, would


def switch(night: Night) -> Verdict:
    """Everything before has passed: `run` ends at the first step that has not."""
    now = f"point the application at {night.switch_to} and start it"
    if night.options.dry_run:
        return would("nothing was changed", f"say: switch now: {now}")
    return passed(f"SWITCH NOW: {now}")


def switch_back(night: Night) -> Verdict:
    now = f"point the application at {night.switch_to} and start it"
    if night.options.dry_run:
        return would("nothing was changed", f"say: switch back now: {now}")
    later = "When it is final: python -m jobs.reverse --teardown, or the slot fills the disk"
    return passed(f"SWITCH BACK NOW: {now}. {later}")


CUTOVER = (
    Step("check", "the check says EQUAL", check_steps.first),
    Step("quiet", "writes to the source have stopped", stop_steps.quiet),
    Step("lag", "every change is at the target", stop_steps.lag),
    Step("last-check", "the last check says EQUAL", check_steps.last),
    Step("stop", "the forward job is stopped with a savepoint", stop_steps.stop),
    Step("slot", "the slot stands behind the migration's writes", reverse_steps.advanced),
    Step("reverse", "the reverse job runs and the slot is active", reverse_steps.started),
    Step("switch", "switch", switch),
)
ROLLBACK = (
    Step("reverse", "the reverse job runs and the slot is active", reverse_steps.follows),
    Step("quiet", "writes to PolarDB have stopped", stop_steps.quiet),
    Step("slot", "the slot has passed the end of the log", stop_steps.slot_lag),
    Step("last-check", "the check the other way says EQUAL", check_steps.last),
    Step("stop", "the reverse job is stopped with a savepoint", stop_steps.stop),
    Step("switch", "switch back", switch_back),
)
