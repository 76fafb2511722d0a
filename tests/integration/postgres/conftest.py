from __future__ import annotations

from typing import Iterator

import pytest

from local.stack.postgres import Postgres
from tests.integration.postgres.capture import Capture


@pytest.fixture
def capture(postgres: Postgres) -> Iterator[Capture]:
    capture = Capture(postgres.dsn)
    yield capture
    capture.close()
