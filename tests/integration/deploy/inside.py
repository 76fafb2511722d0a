"""Run by a bare Python 3.9 with the unpacked archives on its path: imports all that a worker would.

    python3.9 -I -S inside.py CODE DEPENDENCIES PROVIDED

Prints the names of the imported modules of CODE, or fails with what is missing. Flink alone is played.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from importlib import resources
from pathlib import Path

FLINKS = ("pyflink", "py4j")
"""Packages of Flink in every worker; PyFlink includes py4j."""


class Anything(type):
    def __getattr__(cls, name):
        return Played


class Played(metaclass=Anything):
    """A base class that has any attribute and accepts any arguments."""

    def __init__(self, *args, **kwargs):
        pass


class PlayedFlink(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] not in FLINKS:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        made = types.ModuleType(spec.name)
        made.__getattr__ = lambda name: Played  # type: ignore[method-assign]
        return made

    def exec_module(self, module):
        pass


def sign():
    """Sign a request with botocore and the engine's own urllib3."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", "https://dynamodb.cn-north-1.amazonaws.com.cn/", data=b"{}")
    SigV4Auth(Credentials("name", "key"), "dynamodb", "cn-north-1").add_auth(request)
    assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 ")


def main():
    sys.path[:0] = sys.argv[1:]
    sys.meta_path.insert(0, PlayedFlink())
    code = Path(sys.argv[1])
    for file in sorted(code.rglob("*.py")):
        name = ".".join(file.relative_to(code).with_suffix("").parts)
        if name.endswith("__main__"):
            continue
        importlib.import_module(name)
        print(name)
    sign()
    import psycopg2

    assert psycopg2.extensions.libpq_version() > 120000  # its bundled libpq could be loaded
    page = resources.files("connectors.check.report.page")
    assert "<html" in page.joinpath("page.html").read_text()
    assert page.joinpath("report.html").is_file()


main()
