"""`policy redact`: the runtime's redaction, for a shell."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.agentcrewops.conftest import Said, Shell

TEXT = "mail bob@example.com or call +1 212 555 0172"
POLICY = (
    'policy: { pii_redaction: ["email"], domains_allowlist: ["*.your-company.com", "http://127.0.0.1:9"] }\n'
)


@pytest.fixture
def redact(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    (tmp_path / "policy.yaml").write_text(POLICY)

    def call(said: bytes, *arguments: str) -> Said:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(said)))
        return shell("policy", "redact", *arguments, cwd=tmp_path)

    return call


def test_personal_data_becomes_placeholders_and_the_rest_stays(redact: Shell) -> None:
    said = redact(f"{TEXT}\r\n".encode())
    assert (said.code, said.out) == (0, "mail [EMAIL_1] or call [PHONE_1]\r\n")


def test_spans_are_json_with_type_start_and_end(redact: Shell) -> None:
    spans = json.loads(redact(TEXT.encode(), "--spans").out)
    assert spans[0] == {"type": "email", "start": 5, "end": 20}
    assert TEXT[spans[1]["start"] : spans[1]["end"]] == "+1 212 555 0172"


def test_kinds_come_from_the_flag_or_from_a_policy(redact: Shell) -> None:
    assert redact(TEXT.encode(), "--kinds", "phone").out == "mail bob@example.com or call [PHONE_1]"
    assert redact(TEXT.encode(), "--policy", "policy.yaml").out == "mail [EMAIL_1] or call +1 212 555 0172"


def test_nothing_in_nothing_out(redact: Shell) -> None:
    assert redact(b"").out == ""
    assert redact(b"", "--spans").out == "[]\n"


@pytest.mark.parametrize(
    ("said", "arguments", "what"),
    [
        (b"caf\xe9", (), "stdin: is not UTF-8 text (byte 3 is 0xe9)"),
        (b"x", ("--kinds", "e-mail"), "'e-mail' is not a kind"),
        (b"x", ("--kinds", "email", "--policy", "policy.yaml"), "contradicts --policy"),
        (b"x", ("--policy", "absent.yaml"), "does not exist"),
    ],
)
def test_what_cannot_be_redacted_leaves_with_2_and_says_why(
    redact: Shell, said: bytes, arguments: tuple[str, ...], what: str
) -> None:
    answer = redact(said, *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert what in answer.err
