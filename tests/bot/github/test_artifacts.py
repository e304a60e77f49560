from __future__ import annotations

import contextlib
import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.github import artifacts
from bot.github.artifacts import CannotUseArtifact, known_files, refuse_absurd
from tests.fakes.archives import zipped


def test_our_files_are_found_wherever_they_lie() -> None:
    data = zipped(("canary-out/verdict.json", b"{}"), ("guardian-out/findings.json", b"[]"))
    assert known_files(data) == {"verdict.json": b"{}", "findings.json": b"[]"}


def test_what_is_not_ours_is_never_read() -> None:
    data = zipped(("report.html", b"<script>" * 2_000_000), ("pr.txt", b"1"), ("verdict.json", b"{}"))
    assert known_files(data) == {"verdict.json": b"{}"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "c:/verdict.json",
        "../verdict.json",
        "a/../../verdict.json",
        "/etc/verdict.json",
        "a\\..\\verdict.json",
        "a\nb",
        "\u202ex",
        "x" * 301,
    ],
)
def test_a_name_that_leads_elsewhere_refuses_the_whole_zip(name: str) -> None:
    with pytest.raises(CannotUseArtifact, match=r"outside of it|impossible name"):
        known_files(zipped(("verdict.json", b"{}"), (name, b"x")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_refused(kind: int) -> None:
    with pytest.raises(CannotUseArtifact, match="a link or a device"):
        known_files(zipped(("verdict.json", b"/etc/passwd"), mode=kind | 0o644))


def test_a_bomb_is_refused_before_it_is_lit() -> None:
    with pytest.raises(CannotUseArtifact, match="250 times its size"):
        known_files(zipped(("verdict.json", b"0" * 4_000_000)))


def test_many_files_that_are_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "MOST_BYTES", 2_000_000)
    with pytest.raises(CannotUseArtifact, match="unpacks to more than 2 MB"):
        known_files(zipped(*((f"{number}", b"\0" * 500_000) for number in range(5))))


def test_a_header_that_lies_about_the_size_does_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "KNOWN", {"verdict.json": 100})
    data = zipped(("verdict.json", b"x" * 5_000), method=zipfile.ZIP_STORED)
    with pytest.raises(CannotUseArtifact, match=r"a verdict\.json above|can be read"):
        known_files(data.replace((5_000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    with pytest.raises(CannotUseArtifact, match=r"a verdict\.json above"):
        known_files(data)


def test_too_many_entries_are_refused() -> None:
    with pytest.raises(CannotUseArtifact, match="more than 2,000 entries"):
        known_files(zipped(*((f"{number}", b"") for number in range(2_001))))


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(CannotUseArtifact, match=r"holds verdict\.json twice"):
        known_files(zipped(("a/verdict.json", b"{}"), ("b/verdict.json", b"{}")))


def test_an_encrypted_entry_is_refused() -> None:
    data = bytearray(zipped(("verdict.json", b"{}")))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    with pytest.raises(CannotUseArtifact, match="an encrypted entry"):
        known_files(bytes(data))


@pytest.mark.parametrize("data", [b"", b"PK", b"<html>", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    with pytest.raises(CannotUseArtifact, match="not a zip that can be read"):
        known_files(data)


@given(st.binary(max_size=30), st.integers(0, 200))
@settings(max_examples=200)
def test_a_damaged_zip_is_read_or_refused_and_nothing_else(noise: bytes, at: int) -> None:
    whole = zipped(("verdict.json", b'{"a": 1}' * 5), ("samples.jsonl", b"{}\n" * 9))
    damaged = whole[:at] + noise + whole[at + len(noise) :]
    with contextlib.suppress(CannotUseArtifact):
        assert set(known_files(damaged)) <= {"verdict.json", "samples.jsonl", "findings.json"}


@pytest.mark.parametrize("data", [b'{"a": 1e99}', b'{"a": [[18446744073709551617]]}', b'{"a": -1e20}'])
def test_numbers_that_nobody_measured_are_refused(data: bytes) -> None:
    with pytest.raises(CannotUseArtifact, match="nobody measured"):
        refuse_absurd("verdict.json", data)


@pytest.mark.parametrize("data", [b"{", b'{"a": NaN}', b"\xff", b'{"a": 1, "a": 2}', b"[" * 100 + b"]" * 100])
def test_json_that_two_readers_may_read_differently_is_refused(data: bytes) -> None:
    with pytest.raises(CannotUseArtifact, match="not valid JSON"):
        refuse_absurd("verdict.json", data)


def test_each_line_of_the_runs_is_looked_at() -> None:
    refuse_absurd("samples.jsonl", b'{"a": 1}\n\n{"a": 2}\n')
    with pytest.raises(CannotUseArtifact, match="nobody measured"):
        refuse_absurd("samples.jsonl", b'{"a": 1}\n{"a": 1e20}\n')
