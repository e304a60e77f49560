"""Every verb as a person types it: results on stdout, words on stderr, exit codes that a script can use."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from agentcrewops import __version__
from evals.sampling.journal import locked
from tests.agentcrewops.conftest import Shell
from tests.conftest import edit
from tests.fakes.threaded import agent_endpoint_thread

ROOT = Path(__file__).resolve().parents[2]
VERBS = [
    "init",
    "validate",
    "doctor",
    "run",
    "canary",
    "merge",
    "publish",
    "compare",
    "grade",
    "guardian",
    "baseline",
    "report",
    "trend",
    "redact",
    "egress",
    "schema",
    "import",
    "case",
    "mcp",
]
HEAVY = {"sqlalchemy", "alembic", "litellm", "scipy", "opentelemetry", "boto3", "fastapi", "mcp", "anyio"}


def test_help_names_every_verb_and_the_next_command(shell: Shell, tmp_path: Path) -> None:
    said = shell("--help", cwd=tmp_path)
    assert said.code == 0
    for verb in VERBS:
        assert f"\n  {verb} " in said.out
    assert "agentcrewops init my-agent" in said.out


def test_every_verb_explains_itself(shell: Shell, tmp_path: Path) -> None:
    for verb in VERBS:
        assert "Usage:" in shell(verb, "--help", cwd=tmp_path).out


def test_the_newcomers_first_two_commands_work(shell: Shell, tmp_path: Path) -> None:
    said = shell("init", "x", cwd=tmp_path)
    assert said.code == 0
    assert "agentcrewops canary --suite suite.yaml" in said.out
    said = shell("canary", "--suite", "suite.yaml", "--samples", 3, cwd=tmp_path / "x")
    assert said.code == 0
    assert said.out.startswith("NO BASELINE (simulated)")
    assert "report: canary-out/report.html" in said.out


def test_init_never_overwrites_a_file(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("mine")
    said = shell("init", cwd=tmp_path)
    assert said.code == 2
    assert "policy.yaml: is already there" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["policy.yaml"]


def test_what_init_writes_names_its_schemas_for_editors(shell: Shell, tmp_path: Path) -> None:
    shell("init", cwd=tmp_path)
    for kind in ("agent", "policy", "suite"):
        first = (tmp_path / f"{kind}.yaml").read_text().splitlines()[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads((tmp_path / schema).read_text())["$schema"].endswith("2020-12/schema")


def test_the_suite_of_the_starter_is_valid_and_validate_says_so(shell: Shell, starter: Path) -> None:
    said = shell("validate", "--json", cwd=starter)
    facts = json.loads(said.out)
    assert (said.code, facts["cases"], facts["agent"]) == (0, 12, "support-triage")


def test_bad_input_leaves_with_2_and_names_file_line_and_fix(shell: Shell, starter: Path) -> None:
    edit(starter / "suite.yaml", "samples: 10", "sampels: 10")
    said = shell("canary", cwd=starter)
    assert said.code == 2
    assert "suite.yaml:4: unknown key 'sampels'" in said.err
    assert "did you mean 'samples'?" in said.err
    assert "Traceback" not in said.err


def test_an_unknown_flag_leaves_with_2(shell: Shell, starter: Path) -> None:
    assert shell("canary", "--sampels", 3, cwd=starter).code == 2


def test_grade_judges_saved_samples_again_and_leaves_as_a_canary_does(shell: Shell, starter: Path) -> None:
    shell("canary", "--samples", 2, cwd=starter)
    edit(starter / "suite.yaml", "gate: { margin: 0.10,", "gate: { margin: 0.10, min_success_rate: 1.0,")
    edit(starter / "suite.yaml", 'success: "amount==15', 'success: "amount==16')
    said = shell("grade", "canary-out", cwd=starter)
    assert said.code == 1
    assert "of 24 runs are judged otherwise than before" in said.out
    assert "report: grade-out/report.html" in said.out


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


def test_strict_turns_undecided_into_a_failure(shell: Shell, tmp_path: Path) -> None:
    for name, passed in (("a", 7), ("b", 6)):
        lines = [{"case_id": "c", "sample_index": i, "passed": i < passed} for i in range(10)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert shell("compare", "a.jsonl", "b.jsonl", "--out", "o", cwd=tmp_path).code == 0
    assert shell("compare", "a.jsonl", "b.jsonl", "--out", "o", "--strict", cwd=tmp_path).code == 1


def test_a_saved_baseline_is_found_beside_the_suite_and_says_what_it_can_see(
    shell: Shell, starter: Path
) -> None:
    shell("canary", "--samples", 10, cwd=starter)
    said = shell("baseline", "save", "canary-out", cwd=starter)
    assert "saved baselines/support-triage.json" in said.out
    assert "four times out of five" in said.out
    again = shell("canary", "--samples", 10, "--json", cwd=starter)
    assert json.loads(again.out)["verdict"] != "no_baseline"
    shown = json.loads(shell("baseline", "show", "baselines/support-triage.json", "--json", cwd=starter).out)
    assert len(shown["cases"]) == 12


def test_a_baseline_from_another_suite_is_no_baseline_and_says_why(shell: Shell, starter: Path) -> None:
    (starter / "other.jsonl").write_text(
        '{"case_id": "x", "sample_index": 0, "passed": true, "suite": "other", "simulated": true}'
    )
    said = shell("canary", "--samples", 2, "--baseline", "other.jsonl", "--json", cwd=starter)
    verdict = json.loads(said.out)
    assert verdict["verdict"] == "no_baseline"
    assert verdict["removed_cases"] == ["x"]
    assert "other" in " ".join(verdict["warnings"])


def test_the_report_can_be_rendered_again(shell: Shell, starter: Path) -> None:
    shell("canary", "--samples", 2, cwd=starter)
    (starter / "canary-out/report.html").unlink()
    assert shell("report", "canary-out", cwd=starter).out.strip() == "canary-out/report.html"
    assert (starter / "canary-out/report.html").exists()


def test_the_trend_of_earlier_results_is_a_table_a_page_and_json(shell: Shell, starter: Path) -> None:
    for seed in (1, 2):
        shell("canary", "--samples", 2, "--seed", seed, "--out", f"nightly/{seed}", cwd=starter)
    said = shell("trend", "nightly", "--out", "trend.html", cwd=starter)
    assert said.code == 0
    assert said.out.startswith("support-triage (simulated)\n")
    assert "<h1" in (starter / "trend.html").read_text(encoding="utf-8")
    (trend,) = json.loads(shell("trend", "nightly", "--json", cwd=starter).out)
    assert trend["points"][0]["runs"] == 48


def test_a_trend_of_nothing_leaves_with_2(shell: Shell, tmp_path: Path) -> None:
    said = shell("trend", "nowhere", cwd=tmp_path)
    assert said.code == 2
    assert "nowhere: is not a folder" in said.err


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


@pytest.mark.parametrize(
    "kind", ["agent", "policy", "suite", "simulation", "verdict", "samples", "baseline", "probe"]
)
def test_every_file_format_has_a_schema(shell: Shell, tmp_path: Path, kind: str) -> None:
    schema = json.loads(shell("schema", kind, cwd=tmp_path).out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_one_run_answers_on_stdout_and_keeps_a_redacted_record(shell: Shell, starter: Path) -> None:
    said = shell("run", "reset password for alice@example.com", "--seed", 1, "--json", cwd=starter)
    facts = json.loads(said.out)
    assert (said.code, facts["status"]) == (0, "succeeded")
    record = (starter / ".agentcrewops/artifacts" / facts["run_id"] / "run.json").read_text()
    assert "[EMAIL_1]" in record
    assert "alice@example.com" not in record


def test_an_answer_that_breaks_the_contract_is_kept_but_not_delivered(shell: Shell, starter: Path) -> None:
    edit(starter / "schemas/triage.json", '"refund", "answer", "ask", "escalate"', '"dance"')
    said = shell("run", "cancel my coffee subscription", "--seed", 1, "--json", cwd=starter)
    facts = json.loads(said.out)
    assert (said.code, facts["status"], facts["output"]) == (1, "contract_failed", None)
    record = (starter / ".agentcrewops/artifacts" / facts["run_id"] / "run.json").read_text()
    assert json.loads(record)["output"].startswith('{"action"')
    assert shell("run", "cancel my coffee subscription", "--seed", 1, "--quiet", cwd=starter).out == ""


def test_a_high_impact_tool_is_declined_where_nobody_can_be_asked(
    shell: Shell, starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    said = shell("run", "please refund $15 for order #123", "--seed", 3, cwd=starter)
    assert "denied:approval_denied" in said.err
    assert not (starter / "tools/refunds.jsonl").exists()


def test_the_day_cap_holds_over_runs(shell: Shell, starter: Path) -> None:
    edit(starter / "policy.yaml", "per_day_usd_max: 30", "per_day_usd_max: 0.004")
    codes = [shell("run", "cancel my coffee subscription", "--json", cwd=starter).code for _ in range(8)]
    last = shell("run", "cancel my coffee subscription", "--json", cwd=starter)
    assert codes[0] == 0
    assert json.loads(last.out)["stop"] == "spend_day"


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


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert __version__ == project["version"]
