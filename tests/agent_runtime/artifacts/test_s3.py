"""Artifacts in a bucket of a real S3 server."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import pytest

from agent_runtime.artifacts import CannotKeep
from agent_runtime.artifacts.s3 import S3, Bucket
from agent_runtime.artifacts.spool import Spool
from agent_runtime.errors import InvalidInput
from tests.fakes.s3_server import S3Server, s3_server

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    return Bucket.of(server.new_bucket(f"b-{uuid4().hex[:8]}") + "/prod/", server.environ)


def test_an_artifact_comes_back_as_it_was_put(bucket: Bucket) -> None:
    place = S3(bucket)
    uri = place.put("r-1/run.json", '{"a": "é"}', "application/json")
    assert uri == f"s3://{bucket.name}/prod/r-1/run.json"
    assert place.get("r-1/run.json") == '{"a": "é"}'.encode()


def test_what_was_never_put_is_none(bucket: Bucket) -> None:
    assert S3(bucket).get("r-1/run.json") is None


def test_a_link_opens_without_a_key(bucket: Bucket) -> None:
    place = S3(bucket)
    place.put("r-1/run.json", "{}", "application/json")
    with urlopen(place.link("r-1/run.json", 60), timeout=10) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"{}", "application/json")


def test_a_bucket_that_is_not_there_is_refused_at_the_start(bucket: Bucket) -> None:
    with pytest.raises(InvalidInput, match=r"s3://nobody: cannot be used: 404 \(HTTP 404\)"):
        S3(Bucket("nobody", endpoint=bucket.endpoint))


def test_a_wrong_key_is_refused_at_the_start(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "PLANTED-wrong")
    with pytest.raises(InvalidInput, match="403") as refused:
        S3(bucket)
    assert "PLANTED" not in str(refused.value)


def test_a_lost_bucket_loses_no_artifact(bucket: Bucket, server: S3Server, tmp_path: Path) -> None:
    spool = Spool(S3(bucket), tmp_path / "later")
    server.stop()
    try:
        uri = spool.put("r-1/run.json", "{}\nmore", "application/json")
        assert (uri, spool.waiting, spool.deliver()) == (bucket.uri("r-1/run.json"), 1, 0)
    finally:
        server.start()
    assert (spool.deliver(), spool.waiting) == (1, 0)
    assert S3(bucket).get("r-1/run.json") == b"{}\nmore"


def test_what_waits_is_its_owners_alone(bucket: Bucket, server: S3Server, tmp_path: Path) -> None:
    spool = Spool(S3(bucket), tmp_path / "later")
    server.stop()
    try:
        spool.put("r-1/run.json", "{}", "application/json")
    finally:
        server.start()
    (file,) = (tmp_path / "later").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_outage_with_a_full_disk_says_both(bucket: Bucket, server: S3Server) -> None:
    spool = Spool(S3(bucket), Path("/proc/later"))
    server.stop()
    try:
        with pytest.raises(CannotKeep, match=r"EndpointConnectionError.*; and /proc/later"):
            spool.put("r-1/run.json", "{}", "application/json")
    finally:
        server.start()
