"""guardian.yaml: every mistake has its line, and a suppression its reason and its day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from security_pack.catalog.probe import Severity
from security_pack.findings.settings import Settings, load_settings, settings_beside


def written(folder: Path, text: str) -> Path:
    path = folder / "guardian.yaml"
    path.write_text(text, encoding="utf-8")
    return path


SUPPRESSION = 'suppressions:\n  - { id: %s, reason: "accepted", expires: %s }\n'


def test_without_the_file_there_are_defaults(tmp_path: Path) -> None:
    settings = settings_beside(tmp_path / "agent.yaml")
    assert settings == Settings(tmp_path / "guardian.yaml")
    assert settings.fail_on is Severity.HIGH


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, "# later\n")).suppressions == ()


def test_folders_of_own_probes_lie_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert load_settings(written(tmp_path, "probes: [mine]\n")).probes == (tmp_path / "mine",)


@pytest.mark.parametrize("folder", ["missing", "../..", "/etc"])
def test_a_folder_that_is_not_there_or_elsewhere_is_refused_with_its_line(
    tmp_path: Path, folder: str
) -> None:
    with pytest.raises(InvalidInput, match=r"guardian\.yaml:2: "):
        load_settings(written(tmp_path, f"probes:\n  - {folder}\n"))


def test_a_suppression_knows_its_line_and_its_last_day(tmp_path: Path) -> None:
    [one] = load_settings(written(tmp_path, SUPPRESSION % ("ipi-html-01", "2027-01-31"))).suppressions
    assert (one.line, one.expires) == (2, date(2027, 1, 31))
    assert one.holds(date(2027, 1, 31))
    assert not one.holds(date(2027, 2, 1))


def test_a_suppression_covers_one_subject_or_all(tmp_path: Path) -> None:
    text = 'suppressions:\n  - { id: a-probe, subject: mail.send, reason: "r", expires: 2027-01-31 }\n'
    [one] = load_settings(written(tmp_path, text)).suppressions
    assert one.covers("a-probe", "mail.send")
    assert not one.covers("a-probe", "mail.draft")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SUPPRESSION % ("ipi-html-01", "31.01.2027"), "is not a day"),
        (SUPPRESSION % ("ipi-html-01", "20270131"), "expires"),
        (SUPPRESSION % ("'no such id'", "2027-01-31"), "id"),
        (
            "suppressions:\n  - { id: ipi-html-01, expires: 2027-01-31 }\n",
            "'suppressions.0.reason' is missing",
        ),
        ('suppressions:\n  - { id: abc, reason: " ", expires: 2027-01-31 }\n', "is empty"),
        ("\nfail_on: severe\n", "fail_on"),
        ("\nsupressions: []\n", "did you mean 'suppressions'"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=r"guardian\.yaml:2: ") as refused:
        load_settings(written(tmp_path, text))
    assert said in str(refused.value)
