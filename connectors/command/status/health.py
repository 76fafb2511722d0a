"""The health of all jobs that are shown, as lines of text. Pure."""

from __future__ import annotations

from typing import List, Sequence, Tuple

from connectors.base.text import plural
from connectors.command.progress.health import NOW, Health, HealthFinding, HealthRules
from connectors.config.settings import Settings
from connectors.model.jobs import OK, PROBLEM, UNKNOWN

JobHealth = Tuple[str, Health]
"""With the job's name."""


def rules_of(settings: Settings) -> HealthRules:
    return HealthRules(settings.health.lag_seconds, settings.checkpoint.interval / 1000)


def together(healths: Sequence[JobHealth]) -> int:
    """The exit code for all jobs. Attention comes before the unknown, because something can be done."""
    codes = [health.exit_code for _, health in healths]
    return PROBLEM if PROBLEM in codes else UNKNOWN if UNKNOWN in codes or not codes else OK


def worst_first(healths: Sequence[JobHealth]) -> List[HealthFinding]:
    findings = [finding for _, health in healths for finding in health.findings]
    return sorted(findings, key=lambda finding: finding.severity)


def health_lines(healths: Sequence[JobHealth]) -> List[str]:
    """A verdict, and one line for each finding."""
    findings, code = worst_first(healths), together(healths)
    jobs = ", ".join(name for name, _ in healths)
    if code == OK:
        return [f"WELL: {jobs}"]
    if code == UNKNOWN:
        unknown = ", ".join(name for name, health in healths if not health.known)
        return [f"UNKNOWN: {unknown or 'no job'} shows no measurements yet. Try again in a minute"]
    return [f"NEEDS ATTENTION: {plural(len(findings), 'finding')} of {jobs}", *map(_line, findings)]


def _line(finding: HealthFinding) -> str:
    sign = "!!" if finding.severity == NOW else "! "
    return f"{sign} {finding.subject}: {finding.problem}. {finding.advice}"
