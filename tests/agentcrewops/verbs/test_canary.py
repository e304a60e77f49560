"""`canary` as a person types it: exit codes, JSON, files, interruptions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evals.sampling.journal import locked
from tests.agentcrewops.conftest import Shell
from tests.conftest import edit
from tests.fakes.threaded import agent_endpoint_thread

HEAVY = {"sqlalchemy", "alembic", "litellm", "scipy", "opentelemetry", "boto3", "fastapi", "mcp", "anyio"}


def test_bad_input_leaves_with_2_and_names_file_line_and_fix(shell: Shell, starter: Path) -> None:
    edit(starter / "suite.yaml", "samples: 10", "sampels: 10")
    said = shell("canary", cwd=starter)
    assert said.code == 2
    assert "suite.yaml:4: unknown key 'sampels'" in said.err
    assert "did you mean 'samples'?" in said.err
    assert "Traceback" not in said.err


def test_an_unknown_flag_leaves_with_2(shell: Shell, starter: Path) -> None:
    assert shell("canary", "--sampels", 3, cwd=starter).code == 2


def test_drift_leaves_with_1_and_json_is_the_verdict(shell: Shell, starter: Path) -> None:
    shell("canary", "--samples", 20, "--out", "before", cwd=starter)
    said = shell(
        "canary", "--agent", "agent.proposed.yaml", "--baseline", "before", "--json", "--seed", 5, cwd=starter
    )
    verdict = json.loads(said.out)
    assert (said.code, verdict["verdict"]) == (1, "drift")
    assert verdict == json.loads((starter / "canary-out/verdict.json").read_text())
    assert set(verdict["metrics"]) == {"success_rate", "p95_latency_ms", "usd_per_success"}


def test_nothing_to_compare_with_leaves_with_3_if_a_baseline_is_required(shell: Shell, starter: Path) -> None:
    assert shell("canary", "--samples", 2, cwd=starter).code == 0
    assert shell("canary", "--samples", 2, "--require-baseline", cwd=starter).code == 3


def test_a_baseline_from_another_suite_is_no_baseline_and_says_why(shell: Shell, starter: Path) -> None:
    (starter / "other.jsonl").write_text(
        '{"case_id": "x", "sample_index": 0, "passed": true, "suite": "other", "simulated": true}'
    )
    said = shell("canary", "--samples", 2, "--baseline", "other.jsonl", "--json", cwd=starter)
    verdict = json.loads(said.out)
    assert verdict["verdict"] == "no_baseline"
    assert verdict["removed_cases"] == ["x"]
    assert "other" in " ".join(verdict["warnings"])


def test_a_report_with_a_history_shows_the_trend_from_the_second_night_on(
    shell: Shell, starter: Path
) -> None:
    (starter / "nightly").mkdir()
    pages = []
    for night in ("2026-03-01", "2026-03-02"):
        out = starter / "nightly" / night
        shell("canary", "--samples", 2, "--history", "nightly", "--out", out, cwd=starter)
        pages.append((out / "report.html").read_text(encoding="utf-8"))
    assert ["Over time" in page for page in pages] == [False, True]


def test_a_history_that_is_missing_is_refused_before_anything_runs(shell: Shell, starter: Path) -> None:
    said = shell("canary", "--history", "nowhere", cwd=starter)
    assert (said.code, (starter / "canary-out").exists()) == (2, False)


def test_a_canary_on_an_endpoint_imports_nothing_heavy(tmp_path: Path) -> None:
    with agent_endpoint_thread({"output": "yes"}) as url:
        (tmp_path / "suite.yaml").write_text(
            f'suite: s\ntarget: {{ http: {{ url: "{url}" }} }}\nsamples: 2\n'
            "cases: [{ case_id: a, input: hi, success: \"contains('yes')\" }]\n"
        )
        script = (
            "import sys\nsys.argv = ['agentcrewops', 'canary', '-q']\n"
            "from agentcrewops.__main__ import main\n"
            "try:\n    main()\nexcept SystemExit as left:\n    assert not left.code, left.code\n"
            f"print(sorted({HEAVY!r} & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_first_call_does_not_wait_for_the_gate_the_report_or_guardian() -> None:
    later = {"numpy", "jinja2", "jsonschema", "evals.gate.gate", "security_pack.catalog"}
    script = (
        "import sys, agentcrewops.outcome.canary, agentcrewops.outcome.folder\n"
        "import evals.canary.canary, evals.targets.http\n"
        f"print(sorted({later!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_ctrl_c_keeps_the_runs_that_ended(tmp_path: Path) -> None:
    with agent_endpoint_thread({"output": "yes"}, seconds=0.05) as url:
        (tmp_path / "suite.yaml").write_text(
            f'suite: s\ntarget: {{ http: {{ url: "{url}" }} }}\nsamples: 5000\nconcurrency: 2\n'
            "cases: [{ case_id: a, input: hi, success: \"contains('yes')\" }]\n"
        )
        command = [sys.executable, "-m", "agentcrewops", "canary", "--json"]
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}
        )
        assert process.stderr is not None
        process.stderr.readline()  # the estimate: everything was read, sampling begins
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 3, err.decode()
    assert json.loads(out)["verdict"] == "not_measured"
    assert len((tmp_path / "canary-out/samples.jsonl").read_text().splitlines()) >= 2


def test_a_second_canary_in_the_same_folder_is_turned_away(shell: Shell, starter: Path) -> None:
    (starter / "canary-out").mkdir()
    with locked(starter / "canary-out"):
        said = shell("canary", "-n", 1, cwd=starter)
    assert said.code == 2
    assert "canary-out: another canary is writing into this folder" in said.err


def test_runs_are_added_and_resumed_by_flags(shell: Shell, starter: Path) -> None:
    assert shell("canary", "-n", 2, cwd=starter).code == 0
    assert shell("canary", "--add-to", "canary-out", cwd=starter).code == 0
    assert shell("canary", "--resume", cwd=starter).code == 0
    assert len((starter / "canary-out/samples.jsonl").read_text().splitlines()) == 12 * 4


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--looks", "3,x"), "'3,x' is not a list of runs per case"),
        (("--looks", "5,3"), "3,5,7,10"),
        (("--looks", "3,5", "--fixed"), "contradicts --fixed"),
        (("--add-to", "a", "--out", "b"), "contradicts --out"),
        (("--add-to", "a", "--resume"), "contradicts --resume"),
        (("--add-to", "a"), "holds no evidence to add to"),
    ],
)
def test_flags_about_evidence_that_make_no_sense_are_refused(
    shell: Shell, starter: Path, flags: tuple[str, ...], says: str
) -> None:
    said = shell("canary", *flags, cwd=starter)
    assert said.code == 2
    assert says in said.err
