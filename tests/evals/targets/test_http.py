"""An agent behind HTTP: what is sent, what is read, and what counts as broken rather than failed."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from agent_runtime.errors import InvalidInput
from evals.results.records import Attempt, Sample, SampleStatus
from evals.sampling.pacing import Pace
from evals.sampling.plan import plan_runs
from evals.sampling.sampler import Sampler
from evals.sampling.spending import SpendingCap
from evals.suite.suite import Suite, load_suite
from evals.targets.exchange.reply import MAX_ANSWER_BYTES
from evals.targets.http import HttpAgent
from tests.fakes.agent_endpoint import (
    AgentEndpoint,
    Answer,
    Asked,
    agent_endpoint,
    raw_endpoint,
    says,
    says_text,
)

CASE: dict[str, Any] = {"case_id": "a", "input": "hello", "success": "contains('x')"}


def written_suite(folder: Path, http: Mapping[str, Any], *cases: Mapping[str, Any]) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(json.dumps({"suite": "s", "target": {"http": http}, "cases": list(cases) or [CASE]}))
    return load_suite(path)


def agent(suite: Suite, environ: Mapping[str, str] | None = None) -> HttpAgent:
    return HttpAgent(suite, concurrency=5, environ=environ or {})


def asked_once(
    folder: Path,
    serving: AbstractAsyncContextManager[AgentEndpoint] | Answer,
    case: Mapping[str, Any] = CASE,
    environ: Mapping[str, str] | None = None,
    **http: Any,
) -> tuple[Attempt, list[Asked]]:
    """One attempt at `case` against an endpoint; paths in `http` may say `url: /path?query`."""

    async def attempt() -> tuple[Attempt, list[Asked]]:
        opened = serving if isinstance(serving, AbstractAsyncContextManager) else agent_endpoint(serving)
        async with opened as endpoint:
            url = endpoint.url + http.pop("url", "/run")
            suite = written_suite(folder, {"url": url, **http}, case)
            async with agent(suite, environ) as target:
                return await target.attempt(suite.cases[0], 3, 77), endpoint.asked

    return asyncio.run(attempt())


def problem_of(folder: Path, http: Mapping[str, Any], *cases: Mapping[str, Any]) -> str:
    with pytest.raises(InvalidInput) as caught:
        agent(written_suite(folder, {"url": "http://127.0.0.1:1/run", **http}, *cases))
    return str(caught.value)


def test_a_text_answer_is_the_output_as_it_is(tmp_path: Path) -> None:
    attempt, asked = asked_once(tmp_path, says({"output": "hi \x1b[31m</script>"}))
    assert (attempt.status, attempt.output) == (SampleStatus.COMPLETED, "hi \x1b[31m</script>")
    assert asked[0].body == {"input": "hello"}
    assert attempt.latency_ms is not None
    assert attempt.latency_ms > 0


def test_an_object_as_output_becomes_canonical_json(tmp_path: Path) -> None:
    attempt, _ = asked_once(tmp_path, says({"a": [{"b": {"z": 1, "a": "é"}}]}), output="$.a[0].b")
    assert attempt.output == '{"a":"é","z":1}'


def test_everything_the_endpoint_reports_is_read(tmp_path: Path) -> None:
    answer = {
        "output": "ok",
        "usage": {"tokens": 48, "cost_usd": 0.0001},
        "id": 7,
        "v": "1.2",
        "hit": True,
        "calls": [{"name": "kb.search", "arguments": {"query": "x"}}],
        "trace": "https://apm/1",
    }
    attempt, _ = asked_once(
        tmp_path,
        says(answer),
        usage="$.usage",
        cost_usd="$.usage.cost_usd",
        response_id="$.id",
        version="$.v",
        cached="$.hit",
        tool_calls="$.calls",
        trace_url="$.trace",
    )
    assert (attempt.tokens, attempt.cost_usd, attempt.response_id, attempt.version) == (
        48,
        0.0001,
        "7",
        "1.2",
    )
    assert (attempt.cached, attempt.trace_url) == (True, "https://apm/1")
    assert attempt.tool_calls is not None
    assert [call.name for call in attempt.tool_calls] == ["kb.search"]
    assert [event.role for event in attempt.transcript] == ["user", "tool", "answer"]


def test_placeholders_are_filled_with_native_values_and_the_environment(tmp_path: Path) -> None:
    _, asked = asked_once(
        tmp_path,
        says({"output": "ok"}),
        environ={"KEY": "s3cret\n"},
        url="/run/{{ case_id }}?q={{ input }}",
        headers={"Authorization": "Bearer ${KEY}", "X-Case": "{{ case_id }}-{{ sample_index }}"},
        body={
            "n": "{{ sample_index }}",
            "seed": "{{ seed }}",
            "m": "{{ messages }}",
            "t": "id {{ trace_id }}",
        },
        case=CASE | {"case_id": "a/b", "input": "x&y=?# ü"},
    )
    assert asked[0].path == "/run/a%2Fb?q=x%26y%3D?%23%20%C3%BC"
    assert (asked[0].headers["Authorization"], asked[0].headers["X-Case"]) == ("Bearer s3cret", "a/b-3")
    assert asked[0].body["m"] == [{"role": "user", "content": "x&y=?# ü"}]
    assert (asked[0].body["n"], asked[0].body["seed"]) == (3, 77)


def test_an_input_cannot_read_the_environment_or_ask_for_another_name(tmp_path: Path) -> None:
    hostile = "${KEY} {{ seed }}"
    _, asked = asked_once(
        tmp_path,
        says({"output": "ok"}),
        environ={"KEY": "s3cret"},
        headers={"X-Said": "{{ input }}"},
        case=CASE | {"input": hostile},
    )
    assert (asked[0].headers["X-Said"], asked[0].body) == (hostile, {"input": hostile})


def test_a_get_request_has_no_body(tmp_path: Path) -> None:
    _, asked = asked_once(tmp_path, says({"output": "ok"}), method="GET", url="/run?q={{ input }}")
    assert (asked[0].path, asked[0].body) == ("/run?q=hello", None)


def test_the_trace_id_is_sent_linked_and_the_same_on_every_try(tmp_path: Path) -> None:
    attempt, asked = asked_once(
        tmp_path,
        says({"output": "ok"}),
        trace_url="https://apm/{{ case_id }}/{{ trace_id }}",
        case=CASE | {"case_id": "a b"},
    )
    again, _ = asked_once(
        tmp_path,
        says({"output": "ok"}),
        trace_url="https://apm/{{ case_id }}/{{ trace_id }}",
        case=CASE | {"case_id": "a b"},
    )
    version, trace_id, span_id, flags = asked[0].headers["traceparent"].split("-")
    assert (version, len(trace_id), len(span_id), flags) == ("00", 32, 16, "01")
    assert attempt.trace_url == f"https://apm/a%20b/{trace_id}" == again.trace_url


@pytest.mark.parametrize("link", ["javascript:alert(1)", 'https://x/"onload=', "https://x/a b", 5, "ftp://x"])
def test_a_link_that_is_not_safe_is_dropped(tmp_path: Path, link: Any) -> None:
    attempt, _ = asked_once(tmp_path, says({"output": "ok", "t": link}), trace_url="$.t")
    assert attempt.trace_url is None


def test_no_cookie_travels_from_one_run_to_the_next(tmp_path: Path) -> None:
    async def cookies() -> list[Asked]:
        async with agent_endpoint(says({"output": "ok"}, headers={"Set-Cookie": "session=1"})) as endpoint:
            suite = written_suite(tmp_path, {"url": endpoint.url})
            async with agent(suite) as target:
                await target.attempt(suite.cases[0], 0, 1)
                await target.attempt(suite.cases[0], 1, 2)
            return endpoint.asked

    assert all("Cookie" not in asked.headers for asked in asyncio.run(cookies()))


async def echo_turns(asked: Asked) -> web.StreamResponse:
    said = asked.body.get("input") or len(asked.body["messages"])
    return web.json_response({"output": f"re {said}", "usage": 10, "cost": 0.5, "calls": None})


TURNS: dict[str, Any] = {"case_id": "a", "turns": ["one", "two"], "success": "contains('x')"}


def test_turns_send_the_conversation_so_far_if_the_request_holds_messages(tmp_path: Path) -> None:
    attempt, asked = asked_once(
        tmp_path,
        echo_turns,
        TURNS,
        body={"messages": "{{ messages }}"},
        usage="$.usage",
        cost_usd="$.cost",
        tool_calls="$.calls",
    )
    assert [message["content"] for message in asked[1].body["messages"]] == ["one", "re 1", "two"]
    assert (attempt.output, attempt.tokens, attempt.cost_usd, attempt.tool_calls) == ("re 3", 20, 1.0, ())
    assert [event.text for event in attempt.transcript] == ["one", "re 1", "two", "re 3"]


def test_turns_share_a_session_id_that_no_other_attempt_has(tmp_path: Path) -> None:
    body = {"input": "{{ input }}", "session": "{{ session_id }}"}
    _, asked = asked_once(tmp_path, echo_turns, TURNS, body=body)
    _, later = asked_once(tmp_path, echo_turns, TURNS, body=body)
    assert [turn.body["input"] for turn in asked] == ["one", "two"]
    assert asked[0].body["session"] == asked[1].body["session"] != later[0].body["session"]


def test_an_error_at_its_path_is_the_agent_failing(tmp_path: Path) -> None:
    attempt, _ = asked_once(tmp_path, says({"output": "half", "error": {"code": 3}}), error="$.error")
    assert (attempt.status, attempt.error) == (SampleStatus.CONTRACT_VIOLATION, '{"code":3}')
    assert attempt.output is None


def test_a_conversation_ends_with_the_turn_that_failed(tmp_path: Path) -> None:
    body = {"messages": "{{ messages }}"}
    _, asked = asked_once(tmp_path, says({"error": "lost"}), TURNS, body=body, error="$.error")
    assert len(asked) == 1


def test_no_error_at_its_path_is_an_answer(tmp_path: Path) -> None:
    attempt, _ = asked_once(tmp_path, says({"output": "whole", "error": None}), error="$.error")
    assert (attempt.status, attempt.output) == (SampleStatus.COMPLETED, "whole")


@pytest.mark.parametrize(
    ("answer", "says_why"),
    [
        (says_text("<html><h1>Log in</h1>", "text/html"), "text/html, not JSON"),
        (says_text('{"output": "trunc'), "not JSON"),
        (says_text('{"output": NaN}'), "NaN is not a JSON number"),
        (says_text('{"output": 1, "output": 2}'), "appears twice"),
        (says_text("[" * 100_000), "nests too deeply"),
        (says_text(""), "an empty body"),
        (says({"answer": "x"}), "nothing is at the path of the output"),
        (says({"output": "x" * (MAX_ANSWER_BYTES + 1)}), "more than 20 MB"),
        (says({}, 307, {"Location": "http://elsewhere/"}), "a redirect to http://elsewhere/"),
        (says({"detail": "no such agent"}, 404), "no such agent"),
        (says({}, 401), "answered 401"),
    ],
)
def test_what_is_not_the_agents_answer_is_broken_infrastructure_for_good(
    tmp_path: Path, answer: Answer, says_why: str
) -> None:
    attempt, _ = asked_once(tmp_path, answer)
    assert (attempt.status, attempt.retryable) == (SampleStatus.INFRA_ERROR, False)
    assert says_why in str(attempt.error)
    assert len(str(attempt.error)) < 500


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_overloaded_endpoint_is_asked_again_when_it_wants(tmp_path: Path, status: int) -> None:
    attempt, _ = asked_once(tmp_path, says({}, status, {"Retry-After": "7"}))
    assert (attempt.status, attempt.retryable, attempt.retry_after) == (SampleStatus.INFRA_ERROR, True, 7.0)


def test_a_sampling_outlasts_an_endpoint_that_is_busy_at_first(tmp_path: Path) -> None:
    waits: list[float] = []
    kept: list[Sample] = []

    async def busy_twice(_: Asked) -> web.StreamResponse:
        if len(waits) < 2:
            return web.json_response({}, status=429, headers={"Retry-After": "4"})
        return web.json_response({"output": "ok"})

    async def note(seconds: float) -> None:
        waits.append(seconds)

    async def sampled() -> Sample:
        async with agent_endpoint(busy_twice) as endpoint:
            suite = written_suite(tmp_path, {"url": endpoint.url})
            async with agent(suite) as target:
                sampler = Sampler(
                    target,
                    lambda case, attempt: (attempt.output == "ok", ()),
                    kept.append,
                    pace=Pace(1, sleep=note),
                    cap=SpendingCap(None, None),
                    seed=1,
                    fingerprint=target.fingerprint,
                    sleep=note,
                )
                await sampler.run(plan_runs(suite.cases, 0, 1), 1)
                return kept[0]

    sample = asyncio.run(sampled())
    assert (sample.passed, sample.attempts) == (True, 3)
    assert all(4 <= wait < 5 for wait in waits)


def test_an_endpoint_that_dies_in_the_middle_may_be_asked_again(tmp_path: Path) -> None:
    half = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"output": '
    attempt, _ = asked_once(tmp_path, raw_endpoint(half))
    assert (attempt.status, attempt.retryable) == (SampleStatus.INFRA_ERROR, True)
    assert "no complete answer from 127.0.0.1" in str(attempt.error)


def test_what_is_not_http_is_broken_infrastructure(tmp_path: Path) -> None:
    attempt, _ = asked_once(tmp_path, raw_endpoint(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"))
    assert attempt.status is SampleStatus.INFRA_ERROR


def test_a_port_where_nobody_listens_may_be_asked_again(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        suite = written_suite(tmp_path, {"url": f"http://127.0.0.1:{reserved.getsockname()[1]}/"})

        async def attempt() -> Attempt:
            async with agent(suite) as target:
                return await target.attempt(suite.cases[0], 0, 1)

        broken = asyncio.run(attempt())
    assert (broken.status, broken.retryable) == (SampleStatus.INFRA_ERROR, True)


def test_an_agent_that_hangs_has_timed_out_with_the_timeout_as_its_latency(tmp_path: Path) -> None:
    async def hang(_: Asked) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    attempt, _ = asked_once(tmp_path, hang, timeout_seconds=0.2, trace_url="https://apm/{{ seed }}")
    assert (attempt.status, attempt.latency_ms) == (SampleStatus.AGENT_TIMEOUT, 200.0)
    assert attempt.trace_url == "https://apm/77"


def test_dripping_bytes_do_not_stretch_the_timeout(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"
    attempt, _ = asked_once(tmp_path, raw_endpoint(head, *[b" "] * 100, pause=0.02), timeout_seconds=0.3)
    assert attempt.status is SampleStatus.AGENT_TIMEOUT


def test_a_key_that_an_endpoint_quotes_stays_out_of_the_error(tmp_path: Path) -> None:
    attempt, _ = asked_once(
        tmp_path,
        says({"error": "invalid key sk-abcdefgh"}, 401),
        environ={"KEY": "sk-abcdefgh"},
        headers={"Authorization": "Bearer ${KEY}"},
    )
    assert "sk-abcdefgh" not in str(attempt.error)


def test_half_characters_cannot_get_into_the_results(tmp_path: Path) -> None:
    attempt, _ = asked_once(tmp_path, says_text('{"output": "a\\ud800b \\ud83d\\ude00"}'))
    assert attempt.output is not None
    assert attempt.output.encode().decode().endswith("b 😀")


def test_the_fingerprint_names_the_target_and_not_its_secrets(tmp_path: Path) -> None:
    http = {"url": "http://u:p@127.0.0.1:1/run?k=v", "headers": {"A": "${KEY}"}}
    one, two = (agent(written_suite(tmp_path, http), {"KEY": value}) for value in ("x", "y"))
    other = agent(written_suite(tmp_path, http | {"output": "$.text"}), {"KEY": "x"})
    assert one.fingerprint == two.fingerprint != other.fingerprint
    assert one.agent == "http://127.0.0.1:1/run"


@pytest.mark.parametrize(
    ("http", "complaint"),
    [
        ({"headers": {"A": "${NO_SUCH_KEY}"}}, "environment variable NO_SUCH_KEY is not set"),
        ({"headers": {"A": "x\ny"}}, "line break"),
        ({"headers": {"A b": "x"}}, "cannot be the name of a header"),
        ({"body": {"q": "{{ inptu }}", "p": "{{ input }}"}}, "'{{ inptu }}' has no value here"),
        ({"body": {"q": "always"}}, "the same for every case"),
        ({"method": "GET"}, "the same for every case"),
        ({"url": "http://{{ input }}/run"}, "a placeholder stands in the host"),
        ({"url": "http://host:99999/run"}, "is not an address"),
        ({"output": "output"}, "does not start with $"),
        ({"usage": "$..x"}, "is not a path"),
        ({"trace_url": "apm/{{ trace_id }}"}, "neither a link nor a path"),
        ({"trace_url": "https://apm/{{ input }}"}, "'{{ input }}' has no value here"),
        ({"start": "serve 'it"}, "is not a command"),
        ({"start": " "}, "it is empty"),
    ],
)
def test_a_mistake_in_the_target_is_named_with_its_line(
    tmp_path: Path, http: Mapping[str, Any], complaint: str
) -> None:
    said = problem_of(tmp_path, http)
    assert complaint in said
    assert f"{tmp_path / 'suite.yaml'}:1: " in said


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    said = problem_of(tmp_path, {"headers": {"A": "${NO_SUCH_KEY}"}, "output": "x", "start": "'"})
    assert said.count("fix:") == 3


@pytest.mark.parametrize(
    ("case", "fix"),
    [
        (TURNS, "{{ session_id }}"),
        (
            CASE | {"input": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]},
            "{{ messages }}",
        ),
    ],
)
def test_a_conversation_the_request_cannot_carry_is_refused(
    tmp_path: Path, case: Mapping[str, Any], fix: str
) -> None:
    assert fix in problem_of(tmp_path, {}, case)
