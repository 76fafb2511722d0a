"""Forward job: DynamoDB -> PolarDB's DynamoDB endpoint, full and incremental.

flink run -py jobs/forward.py --config application.yaml
"""

from __future__ import annotations

import os
import sys
from typing import List

from connectors.base.errors import PolarshakeError
from connectors.base.extras import imports_of_a_job
from connectors.config import load
from connectors.config.settings import Settings
from connectors.forward.components import ForwardJob
from connectors.forward.validate import validate
from connectors.model.jobs import FORWARD, UNKNOWN

with imports_of_a_job():
    from connectors.engine.flink.completion import Completion
    from connectors.engine.flink.graph import environment, notices, resumed
    from connectors.engine.flink.submit import leave, run_to_completion, submit


def main(argv: List[str]) -> None:
    try:
        settings = load(argv, os.environ)
        validate(settings, resumed())
    except PolarshakeError as error:
        print(error, file=sys.stderr)
        leave(UNKNOWN)
    else:
        run(settings)


def run(settings: Settings) -> None:
    """Ticks drive the enumerator; it orders the workers; they read, write, and report to it."""
    env = environment(settings)
    output = notices(env, ForwardJob(settings))
    if not settings.mode.follows:
        completion = Completion(scan=settings.mode.scans)
        run_to_completion(env, output, FORWARD, completion)
    else:
        submit(env, output, FORWARD)


if __name__ == "__main__":
    main(sys.argv[1:])
