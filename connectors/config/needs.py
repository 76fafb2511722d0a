"""Keys that a job requires. `load` does not know the job, so each job names them before it starts."""

from __future__ import annotations

from typing import Callable, Dict, List, Sequence, Tuple

from connectors.config.credentials import MONGODB_URI, POLARDB_KEY, POLARDB_LOGIN, SecretKey
from connectors.config.mistakes import Mistakes
from connectors.config.settings import Settings


def _as_secrets(group: Sequence[SecretKey]) -> str:
    options, variables = (
        " and ".join(names) for names in ([k.option for k in group], [k.variable for k in group])
    )
    return f"as {options}, or in the environment as {variables}"


_IN_FILE = "in the file that --config names, or with --set"
_NEEDS: Dict[str, Tuple[Callable[[Settings], object], str]] = {
    "dynamodb.region": (lambda settings: settings.dynamodb.region, _IN_FILE),
    "polardb.endpoint": (lambda settings: settings.polardb.endpoint, _IN_FILE),
    "polardb.hostname": (lambda settings: settings.polardb.hostname, _IN_FILE),
    "polardb.accessKey": (lambda settings: settings.polardb.access_key, _as_secrets(POLARDB_KEY)),
    "polardb.login": (lambda settings: settings.polardb.login, _as_secrets(POLARDB_LOGIN)),
    "mongodb.uri": (lambda settings: settings.mongodb.address, f"{_IN_FILE}, or {_as_secrets(MONGODB_URI)}"),
    "mongodb.database": (lambda settings: settings.mongodb.database, _IN_FILE),
}


def require(settings: Settings, *keys: str) -> None:
    """Raises ConfigError that names each of `keys` that is not set, and how to set it."""
    mistakes = Mistakes()
    for key in keys:
        value, how = _NEEDS[key]
        if not value(settings):
            mistakes.add("configuration", key, f"is not set and this job needs it; give it {how}")
    mistakes.stop_if_any()


def missing_in_file(settings: Settings, *keys: str) -> List[str]:
    """Those of `keys` that are not set and are no secrets."""
    return [key for key in keys if _NEEDS[key][1] == _IN_FILE and not _NEEDS[key][0](settings)]
