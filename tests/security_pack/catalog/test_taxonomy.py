"""Other people's catalogues."""

from __future__ import annotations

from security_pack.catalog.probe import TaxonomyIds
from security_pack.catalog.taxonomy import references_of


def test_an_id_comes_with_its_name_and_its_page() -> None:
    maps = TaxonomyIds(owasp_llm=["LLM01"], owasp_asi=["ASI02"], atlas=["AML.T0051.001"], cwe=[79])
    llm, asi, atlas, cwe = references_of(maps)
    assert (llm.id, llm.name) == ("LLM01:2025", "Prompt Injection")
    assert (asi.catalogue, asi.name) == ("OWASP Agentic 2026", "Tool Misuse and Exploitation")
    assert atlas.url == "https://atlas.mitre.org/techniques/AML.T0051.001"
    assert cwe.url == "https://cwe.mitre.org/data/definitions/79.html"


def test_an_id_we_do_not_know_is_shown_without_a_name() -> None:
    [one] = references_of(TaxonomyIds(atlas=["AML.T9999"]))
    assert (one.id, one.name) == ("AML.T9999", "")
