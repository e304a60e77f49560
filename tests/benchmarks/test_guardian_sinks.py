"""The benchmark of the sinks: what counts as found, and what as a false alarm."""

from __future__ import annotations

from benchmarks.guardian_sinks import false_alarm_rows, recall_rows


def test_a_payload_counts_in_its_own_sink_only() -> None:
    data = [
        {"sink": "xss_html", "text": "<script>x</script>", "label": 1},
        {"sink": "xss_html", "text": "../../etc/passwd", "label": 1},
    ]
    [row] = recall_rows(data)
    assert (row.measured, row.holds) == ("0.500 (1 of 2)", False)


def test_ordinary_text_that_is_live_is_a_false_alarm() -> None:
    html, ansi, image, *_ = false_alarm_rows([{"sink": "benign_arg", "text": "<b onclick=x>", "label": 0}])
    assert (html.holds, ansi.holds, image.holds) == (False, True, True)
