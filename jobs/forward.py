"""Forward job: copies tables from DynamoDB to the target and applies their changes.

flink run -py jobs/forward.py --config application.yaml
"""

from __future__ import annotations

import os
import sys
import time
from typing import List

from connectors.base.errors import PolarshakeError
from connectors.base.extras import imports_of_a_job
from connectors.config import load
from connectors.config.settings import Settings
from connectors.dynamodb.write.from_settings import letters_left
from connectors.forward.components import ForwardJob
from connectors.forward.validate import validate
from connectors.model.jobs import FORWARD, OK, PROBLEM, UNKNOWN

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
        leave(run(settings, time.time()))


def run(settings: Settings, began: float) -> int:
    """Run the job and return its exit code. `began`: epoch seconds.

    Ticks drive the enumerator, which sends orders to the workers. The workers read, write, and report to it.
    """
    env = environment(settings)
    output = notices(env, ForwardJob(settings))
    if not settings.mode.follows:
        completion = Completion(scan=settings.mode.scans)
        suspended = run_to_completion(env, output, FORWARD, completion)
        code, said = letters_left(settings, began)
        print(said or "The target rejected no item permanently", flush=True)
        for text in suspended:
            print(f"NOT COPIED: {text}", flush=True)
        return PROBLEM if suspended else code
    submit(env, output, FORWARD)
    return OK


if __name__ == "__main__":
    main(sys.argv[1:])
