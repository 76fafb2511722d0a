"""Check job: is the target equal to the source, exactly, both ways, while both are in use?

flink run -py jobs/check.py --config application.yaml
"""

from __future__ import annotations

import os
import sys
from typing import List

from connectors.base.errors import PolarshakeError
from connectors.base.extras import imports_of_a_job
from connectors.check.chosen import read_keys
from connectors.check.exit import show
from connectors.check.options import HELP, as_sets
from connectors.check.validate import validate
from connectors.config import load
from connectors.config.settings import Settings
from connectors.model.jobs import CHECK, UNKNOWN

with imports_of_a_job():
    from connectors.check.components import CheckJob, job_of
    from connectors.check.flink import CheckLaneFunction, verdict
    from connectors.engine.flink.graph import STATE_ON_DISK, environment, lanes, pages
    from connectors.engine.flink.submit import cause, last_word, leave


def main(argv: List[str]) -> None:
    if {"-h", "--help"} & set(argv):
        print(HELP)
    try:
        settings = load(as_sets(argv), os.environ)
        left_out = validate(settings)
        chosen = read_keys(settings.check.keys) if settings.check.keys else None
        job = job_of(settings, chosen, left_out)
    except PolarshakeError as error:
        print(error, file=sys.stderr)
        leave(UNKNOWN)
    else:
        leave(run(settings, job))


def run(settings: Settings, job: CheckJob) -> int:
    """Ticks drive the enumerator; it orders the readers of both sides; they send fingerprints to the lanes;
    those join them, look again at what differs, and tell the end, which writes the report."""
    env = environment(settings, unless_set=STATE_ON_DISK)
    found = lanes(pages(env, job), CheckLaneFunction(job))
    try:
        word = last_word(env, verdict(found, job), CHECK)
    except Exception as error:  # Java's, of whatever kind; the job's own words stand in its cause
        print(f"polarshake check failed, and nothing is proven: {cause(error)}", file=sys.stderr)
        return UNKNOWN
    return UNKNOWN if word is None else show(word, job.report, settings)


if __name__ == "__main__":
    main(sys.argv[1:])
