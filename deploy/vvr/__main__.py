"""`python -m deploy.vvr`: builds the files for a VVR workspace in dist/vvr."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Dict, List, Optional

from deploy.vvr.archives import CODE, CONFIGURATION, DEPENDENCIES, code, dependencies, zipped
from deploy.vvr.deployment import JOBS, as_json, deployment
from deploy.vvr.errors import BuildError
from deploy.vvr.needs import pins

PROJECT = Path(__file__).parents[2]


def arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.vvr", description=__doc__)
    parser.add_argument("--into", type=Path, default=PROJECT / "dist" / "vvr", metavar="FOLDER")
    parser.add_argument("--config", type=Path, default=PROJECT / CONFIGURATION, metavar="PATH")
    parser.add_argument(
        "--uploads",
        default="oss://BUCKET/artifacts/namespaces/NAMESPACE",
        metavar="URI",
        help="where the workspace keeps uploaded files; the deployments name it",
    )
    parser.add_argument("--queue", default="default-queue", help="the queue that the jobs run in")
    parser.add_argument(
        "--together",
        action="store_true",
        help=f"also put the packages into {CODE}, if the main program does not find them otherwise",
    )
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> None:
    options = arguments(argv)
    try:
        files = build(options)
    except BuildError as error:
        sys.exit(str(error))
    options.into.mkdir(parents=True, exist_ok=True)
    for name, content in sorted(files.items()):
        path = options.into / name
        path.write_bytes(content)
        print(f"{len(content):>12,}  {path}")


def build(options: argparse.Namespace) -> Dict[str, bytes]:
    """The files by name. Raises BuildError."""
    project, packages = code(PROJECT), dependencies(pins(PROJECT / "requirements.lock"))
    libraries = () if options.together else (DEPENDENCIES,)
    files = {CODE: zipped({**packages, **project} if options.together else project)}
    files.update({name: zipped(packages) for name in libraries})
    files[CONFIGURATION] = options.config.read_bytes()
    for job in (job for job in JOBS if job.module in project):
        body = deployment(job, options.uploads, options.queue, libraries)
        files[f"deployment-{job.name}.json"] = as_json(body)
    return files


if __name__ == "__main__":
    main()
