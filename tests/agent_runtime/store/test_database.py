"""Which database a URL names."""

from __future__ import annotations

import pytest

from agent_runtime.errors import InvalidInput
from agent_runtime.store import open_store


@pytest.mark.parametrize(
    "url",
    ["mysql://me:hunter2@db/x", "sqlite://", "sqlite:///:memory:", "://", "postgresql://me:hunter2@db:x/y"],
)
def test_another_url_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(InvalidInput, match="postgresql://user@host/database") as error:
        open_store(url)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["postgresql://me:hunter2@127.0.0.1:1/x", "postgres://me:hunter2@127.0.0.1:1/x"]
)
def test_a_postgres_that_is_not_there_is_said_without_its_password(url: str) -> None:
    with pytest.raises(
        InvalidInput, match=r"127\.0\.0\.1:1/x: cannot be used as a store: .*refused"
    ) as error:
        open_store(url)
    assert "hunter2" not in str(error.value)
