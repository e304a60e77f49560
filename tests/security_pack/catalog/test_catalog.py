"""The catalogue: the pack and a user's folders, all of it usable or all that is wrong at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from security_pack.catalog.catalog import MAX_PROBE_BYTES, CatalogEntry, load_pack, pack_hash, read_entry
from security_pack.catalog.probe import Control
from tests.security_pack.conftest import Write


def only(folder: Path, tmp_path: Path) -> tuple[CatalogEntry, ...]:
    """The catalogue of `folder` without the built-in pack."""
    return load_pack([folder], built_in=tmp_path / "no-pack")


def refusal(folder: Path, tmp_path: Path) -> str:
    with pytest.raises(InvalidInput) as refused:
        only(folder, tmp_path)
    return str(refused.value)


def test_a_probe_is_catalogued_with_the_line_of_its_id(write: Write, tmp_path: Path) -> None:
    path = write("mine")
    [one] = only(path.parent, tmp_path)
    assert (one.probe.id, one.file, one.line) == ("mine", str(path), 2)


def test_a_users_probes_stand_beside_the_built_in_ones(write: Write) -> None:
    built_in = load_pack()
    assert len(load_pack([write("mine").parent])) == len(built_in) + 1
    assert built_in[0].file.startswith("security_pack/probes/")


def test_folders_are_read_at_any_depth_and_in_order(write: Write, tmp_path: Path) -> None:
    deep = write("beta").parent / "deep"
    deep.mkdir()
    write("alpha").rename(deep / "alpha.yaml")
    assert [one.probe.id for one in only(deep.parent, tmp_path)] == ["beta", "alpha"]


def test_every_problem_of_every_file_is_told_at_once(write: Write, tmp_path: Path) -> None:
    write("one", "severity: high", "severity: huge")
    told = refusal(write("two", "plant:", "plants:").parent, tmp_path)
    assert "one.yaml:5: 'severity' is 'huge'" in told
    assert "two.yaml:8: unknown key 'plants'" in told


def test_an_id_that_two_files_give_is_refused_and_both_are_named(write: Write, tmp_path: Path) -> None:
    write("mine")
    told = refusal(write("other", "id: other", "id: mine").parent, tmp_path)
    assert "other.yaml:2: the id 'mine' is taken by" in told
    assert "mine.yaml:2" in told


def test_a_yaml_tag_is_refused(write: Write, tmp_path: Path) -> None:
    folder = write("mine", "A text asks", "!!python/object:os.system A text asks").parent
    assert "mine.yaml:3: the tag !!python/object:os.system is not allowed" in refusal(folder, tmp_path)


def test_a_regex_that_others_would_never_finish_is_refused(write: Write, tmp_path: Path) -> None:
    match = '{ tool_executed: { name: "{{write}}", args: { body: { regex: "(a+)+b" } } } }'
    folder = write("mine", '{ tool_executed: "{{write}}" }', match).parent
    assert "repeats a repetition" in refusal(folder, tmp_path)


def test_a_file_the_size_of_a_book_is_not_read(write: Write, tmp_path: Path) -> None:
    folder = write("mine", more="#" * MAX_PROBE_BYTES).parent
    assert "mine.yaml: is larger than 64 kB" in refusal(folder, tmp_path)


@pytest.mark.parametrize(
    ("name", "what"), [("nowhere", "is not a folder of probes"), ("empty", "holds no *.yaml")]
)
def test_a_folder_without_probes_is_refused(name: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert what in refusal(tmp_path / name, tmp_path)


def test_a_better_title_keeps_the_hash_and_a_changed_attack_does_not(write: Write) -> None:
    before = read_entry(write("mine")).hash
    assert read_entry(write("mine", "A text asks", "A page asks")).hash == before
    assert read_entry(write("mine", "Run {{write}}", "Please run {{write}}")).hash != before


def test_the_older_form_of_a_file_is_read_and_is_the_same_probe(write: Write) -> None:
    older = read_entry(write("mine", more="blame: tool.arguments\n"))
    newer = read_entry(write("mine", "guardian/v1", "guardian/v2", more="control: tool.arguments\n"))
    assert older.probe.control is newer.probe.control is Control.TOOL_ARGUMENTS
    assert older.hash == newer.hash


def test_a_control_that_does_not_exist_is_told_with_its_line(write: Write, tmp_path: Path) -> None:
    folder = write("mine", more="blame: nobody\n").parent
    assert "'blame' is 'nobody'" in refusal(folder, tmp_path)


def test_what_is_written_as_its_default_changes_no_hash(write: Write) -> None:
    before = read_entry(write("mine")).hash
    assert read_entry(write("mine", more="tier: [enforcement, resistance]\n")).hash == before


def test_the_hash_of_a_pack_knows_no_order(write: Write, tmp_path: Path) -> None:
    write("one")
    pack = only(write("two").parent, tmp_path)
    assert pack_hash(pack) == pack_hash(pack[::-1])
    assert pack_hash(pack) != pack_hash(pack[:1])
