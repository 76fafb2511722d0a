"""Reverse job: replicates changes from PolarDB to DynamoDB, so that a rollback is possible after the
cut-over.

python -m jobs.reverse --setup --config application.yaml      creates the publication and the slot
flink run -py jobs/reverse.py --config application.yaml
python -m jobs.reverse --teardown --config application.yaml   removes them
"""

from __future__ import annotations

import os
import sys
from typing import List

from connectors.base.errors import PolarshakeError
from connectors.base.extras import imports_of_a_job
from connectors.config import load
from connectors.config.settings import Settings
from connectors.model.jobs import REVERSE, UNKNOWN
from connectors.reverse.components import ReverseJob
from connectors.reverse.validate import identities, set_up, tear_down, validate

with imports_of_a_job():
    from connectors.engine.flink.graph import environment, resumed
    from connectors.engine.flink.submit import leave, submit
    from connectors.reverse.flink import replication

COMMANDS = {"--setup": set_up, "--teardown": tear_down}


def main(argv: List[str]) -> None:
    commands = [COMMANDS[word] for word in argv if word in COMMANDS]
    try:
        settings = load([word for word in argv if word not in COMMANDS], os.environ)
        for command in commands:
            command(settings, print)
        start = 0 if commands else validate(settings, resumed())
        known = b"" if commands else identities(settings, resumed())
    except PolarshakeError as error:
        print(error, file=sys.stderr)
        sys.exit(UNKNOWN) if commands else leave(UNKNOWN)
    else:
        if not commands:
            run(settings, start, known)


def run(settings: Settings, start: int, known: bytes) -> None:
    """Run the job. Ticks drive the enumerator, which sends orders to the operator that reads the slots. For
    each slot the operator reads changes, writes those of a key in order, and confirms durable ones."""
    env = environment(settings)
    submit(env, replication(env, ReverseJob(settings, start, known)), REVERSE)


if __name__ == "__main__":
    main(sys.argv[1:])
