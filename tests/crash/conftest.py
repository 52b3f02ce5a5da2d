"""One launcher for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crash.matrix import Matrix, matrix


@pytest.fixture(scope="session")
def made(postgres_url: str) -> Iterator[Matrix]:
    with matrix(postgres_url) as ready:
        yield ready
