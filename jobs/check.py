"""Check job: compares every item of source and target, in both directions, while both are in use.

flink run -py jobs/check.py --config application.yaml

With --since it compares only the keys that have changed since another check, in this process.
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
from connectors.check.validate import require_settings, validate
from connectors.config import load
from connectors.config.settings import Settings
from connectors.model.jobs import CHECK, UNKNOWN
from connectors.notify.check import tell_result

with imports_of_a_job():
    from connectors.check.changes.follow import check_changes
    from connectors.check.components import CheckJob, job_of
    from connectors.check.flink import CheckLaneFunction, verdict
    from connectors.engine.flink.graph import STATE_ON_DISK, environment, lanes, pages
    from connectors.engine.flink.submit import cause, last_word, leave


def main(argv: List[str]) -> None:
    if {"-h", "--help"} & set(argv):
        print(HELP)
    try:
        settings = load(as_sets(argv), os.environ)
        if settings.check.since:
            require_settings(settings)
            leave(check_changes(settings))
        left_out = validate(settings)
        chosen = read_keys(settings.check.keys) if settings.check.keys else None
        job = job_of(settings, chosen, left_out)
    except PolarshakeError as error:
        print(error, file=sys.stderr)
        leave(UNKNOWN)
    else:
        leave(run(settings, job))


def run(settings: Settings, job: CheckJob) -> int:
    """Run the job and return its exit code.

    Ticks drive the enumerator, which sends orders to the readers of both sides. The readers send fingerprints
    to the lanes. The lanes join them, read differing keys again, and report to the end, which writes the
    report.
    """
    env = environment(settings, unless_set=STATE_ON_DISK)
    notices = lanes(pages(env, job), CheckLaneFunction(job))
    try:
        word = last_word(env, verdict(notices, job), CHECK)
    except Exception as error:  # An exception of Java; its cause contains the job's own message.
        print(f"polarshake check failed, and nothing is proven: {cause(error)}", file=sys.stderr)
        return tell_result(settings, UNKNOWN)
    return UNKNOWN if word is None else tell_result(settings, show(word, job.report, settings))


if __name__ == "__main__":
    main(sys.argv[1:])
