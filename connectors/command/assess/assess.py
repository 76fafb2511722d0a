"""From the settings to the assessment: which tables, their facts, their samples, the outlook."""

from __future__ import annotations

from connectors.command.assess.compose import AssessOptions, Composer, Sides
from connectors.command.assess.document import Assessment
from connectors.command.assess.outlook import outlook
from connectors.command.assess.read_only import ReadOnly
from connectors.command.assess.sampling import sample_tables
from connectors.command.assess.survey import Progress, survey, table_read_quota
from connectors.command.doctor.estimate import limits_of
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables import api
from connectors.targets.preflight.selection import select


def assess(
    caller: Caller,
    sides: Sides,
    settings: Settings,
    options: AssessOptions,
    now: float,
    progress: Progress = lambda text: None,
) -> Assessment:
    """Raises PolarshakeError if the source does not list its tables."""
    reader = ReadOnly(caller)
    existing = api.list_tables(reader)
    names, problems = select(existing, settings.filter)
    surveyed = survey(reader, names, settings.target, progress)
    surveyed.problems.extend(problems)
    sampled = sample_tables(reader, surveyed.tables, sides.limits, options.sample, progress)
    tables, plan = outlook(
        surveyed.tables,
        settings,
        limits_of(settings),
        table_read_quota(reader),
        options.share,
        options.slots or settings.parallelism or 0,
        options.prices.prices,
    )
    left_out = sorted(set(existing) - set(names))
    return Composer(sides, settings, options, surveyed, sampled, tables).assessment(plan, left_out, now)
