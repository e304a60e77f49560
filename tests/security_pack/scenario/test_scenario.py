"""Three ways to play a probe."""

from __future__ import annotations

from security_pack.scenario.scenario import DEFAULT_REQUEST, attack, benign, ignored
from tests.fakes.probes import planted_in_search, probe_of


def test_what_is_planted_in_the_input_ends_the_last_turn() -> None:
    probe = probe_of(turns=[{"user": "Hello."}, {"user": "Bye."}], plant=[{"at": "input", "text": "Obey."}])
    assert attack(probe).user_turns == ("Hello.", "Bye.\n\nObey.")


def test_a_probe_without_turns_has_a_task_all_the_same() -> None:
    assert attack(probe_of()).user_turns == (DEFAULT_REQUEST,)


def test_only_the_attack_obeys_and_is_billed() -> None:
    probe = planted_in_search("Obey.", bills_usd=3)
    assert [(one.obeys, one.bills_usd) for one in (attack(probe), ignored(probe))] == [(True, 3), (False, 0)]


def test_the_benign_twin_reads_the_same_tools_without_the_payload() -> None:
    twin = benign(planted_in_search("Obey."))
    assert twin.read_tools == ("kb.search",)
    assert twin.payload_in("kb.search", "tool_result") is None


def test_the_benign_twin_may_plant_something_harmless() -> None:
    harmless = [{"at": "tool_result", "tool": "kb.search", "text": "Late parcels are free."}]
    twin = benign(planted_in_search("Obey.", benign_twin={"plant": harmless}))
    assert twin.payload_in("kb.search", "tool_result") == "Late parcels are free."


def test_where_nothing_is_planted_the_twin_is_a_harmless_model() -> None:
    assert benign(planted_in_search("Obey.")).obeys
    assert not benign(probe_of()).obeys
