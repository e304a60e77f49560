"""Artifacts that are kept aside while their place is out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.artifacts.interface import CannotKeep
from agent_runtime.artifacts.spool import Spool


class Bucket:
    """A place that takes what it is given while `open`."""

    def __init__(self) -> None:
        self.open = False
        self.kept: dict[str, tuple[bytes | str, str]] = {}

    def put(self, name: str, data: bytes | str, content_type: str) -> str:
        if not self.open:
            raise CannotKeep("closed")
        self.kept[name] = (data, content_type)
        return self.uri(name)

    def uri(self, name: str) -> str:
        return f"s3://b/{name}"


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def test_what_is_taken_at_once_never_touches_the_folder(bucket: Bucket, tmp_path: Path) -> None:
    bucket.open = True
    assert (
        Spool(bucket, tmp_path / "later").put("r-1/a.json", "{}", "application/json") == "s3://b/r-1/a.json"
    )
    assert not (tmp_path / "later").exists()


def test_what_waits_arrives_with_its_name_bytes_and_type(bucket: Bucket, tmp_path: Path) -> None:
    spool = Spool(bucket, tmp_path)
    spool.put("r-1/a.bin", b"\n\x00\n", "application/octet-stream")
    bucket.open = True
    assert spool.deliver() == 1
    assert bucket.kept == {"r-1/a.bin": (b"\n\x00\n", "application/octet-stream")}


def test_what_a_process_left_is_delivered_by_the_next_one(bucket: Bucket, tmp_path: Path) -> None:
    Spool(bucket, tmp_path).put("r-1/a.json", "{}", "application/json")
    bucket.open = True
    assert (Spool(bucket, tmp_path).waiting, Spool(bucket, tmp_path).deliver()) == (1, 1)


def test_a_place_that_refuses_again_keeps_everything_waiting(bucket: Bucket, tmp_path: Path) -> None:
    spool = Spool(bucket, tmp_path)
    for number in range(3):
        spool.put(f"r-{number}/a.json", "{}", "application/json")
    assert (spool.deliver(), spool.waiting) == (0, 3)


def test_a_name_that_climbs_out_is_refused_in_an_outage_too(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not name an artifact"):
        Spool(bucket, tmp_path).put("../a", "{}", "text/plain")
