"""What is sent to an endpoint: one request per turn, from the target as written."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from evals.suite.suite_file import HttpTarget
from evals.targets.exchange.request import request_template, trace_of

VALUES: dict[str, Any] = {"input": "hi", "messages": [], "case_id": "a", "traceparent": "00-1-2-01"}


def written(**fields: Any) -> HttpTarget:
    return HttpTarget(**({"url": "http://h/run"} | fields))


def test_headers_of_the_suite_replace_ours_whatever_their_case() -> None:
    headers = {"content-type": "application/x-ndjson", "Traceparent": "mine"}
    sent = request_template(written(headers=headers), {}).render(VALUES).headers
    assert {name: sent[name] for name in headers} == headers
    assert "Content-Type" not in sent
    assert "traceparent" not in sent


def test_a_body_may_be_any_json() -> None:
    body = ["{{ input }}", {"n": 1, "m": "say {{ input }}"}, None]
    assert (
        request_template(written(body=body), {}).render(VALUES).body
        == b'["hi", {"n": 1, "m": "say hi"}, null]'
    )


@given(st.text())
def test_no_value_leaves_its_part_of_the_address(text: str) -> None:
    template = request_template(written(url="http://h/run/{{ input }}/end?q={{input}}"), {})
    parts = urlsplit(template.render(VALUES | {"input": text}).url)
    before, inside, after = parts.path.rpartition("/")[0].partition("/run/")
    assert (parts.netloc, before, inside, parts.path.endswith("/end")) == ("h", "", "/run/", True)
    assert unquote(after) == text == unquote(parts.query.removeprefix("q="))


def test_only_words_of_the_environment_count_as_secret() -> None:
    headers = {"Authorization": "Bearer ${KEY}", "X-Public": "not-a-secret-at-all"}
    assert request_template(written(headers=headers), {"KEY": "sk-12345678"}).secrets == ("sk-12345678",)


@given(st.integers(0, 2**63 - 1), st.text(), st.integers(0, 10_000))
def test_a_trace_is_named_by_the_run_alone(seed: int, case_id: str, index: int) -> None:
    trace_id, span_id = trace_of(seed, case_id, index)
    assert (trace_id, span_id) == trace_of(seed, case_id, index)
    assert (len(trace_id), len(span_id)) == (32, 16)
    assert trace_id != trace_of(seed, case_id, index + 1)[0]
