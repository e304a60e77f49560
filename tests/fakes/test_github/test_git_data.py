"""Contents, refs and the git data API: a change without a checkout."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.fakes.github import File
from tests.fakes.test_github.shop import EVERYTHING, PATH, SHOP, Shop


def _text(content: str) -> str:
    return base64.b64encode(content.encode()).decode()


def test_a_file_is_read_at_a_ref(shop: Shop) -> None:
    body = shop.bot.get(f"{PATH}/contents/agent.yaml?ref=better").body
    assert base64.b64decode(body["content"]) == b"model: b\n"
    assert shop.bot.get(f"{PATH}/contents/agent.yaml?ref=nowhere").status == 404


def test_a_raw_file_is_its_bytes(shop: Shop) -> None:
    answer = shop.bot.get(f"{PATH}/contents/agent.yaml", Accept="application/vnd.github.raw+json")
    assert answer.body == b"model: a\n"


def test_a_folder_is_a_list_and_a_link_is_not_followed(shop: Shop) -> None:
    shop.fake.push(SHOP, "main", {"prompts/a.md": "a", "link": File("/etc/passwd", "120000")})
    folder = shop.bot.get(f"{PATH}/contents/prompts").body
    assert [(entry["path"], entry["type"]) for entry in folder] == [("prompts/a.md", "file")]
    assert shop.bot.get(f"{PATH}/contents/link").body["target"] == "/etc/passwd"


def test_more_than_a_megabyte_comes_without_its_content(shop: Shop) -> None:
    shop.fake.push(SHOP, "main", {"big": "x" * 1_000_001})
    body = shop.bot.get(f"{PATH}/contents/big").body
    assert (body["size"], body["content"], body["encoding"]) == (1_000_001, "", "none")


def test_a_file_is_changed_by_one_who_knows_its_sha(shop: Shop) -> None:
    at, change = f"{PATH}/contents/agent.yaml", {"message": "m", "content": _text("model: z\n")}
    assert shop.bot.put(at, change).status == 422
    assert shop.bot.put(at, {**change, "sha": "0" * 40}).status == 409
    known = shop.bot.get(at).body["sha"]
    assert shop.bot.put(at, {**change, "sha": known}).status == 200
    assert shop.fake.read(SHOP, "main", "agent.yaml") == b"model: z\n"


def test_a_write_through_the_api_moves_the_pull(shop: Shop) -> None:
    new = {"message": "m", "content": _text("x"), "branch": "better"}
    made = shop.bot.put(f"{PATH}/contents/new.txt", new)
    assert made.status == 201
    assert shop.fake.pull(SHOP, 1).head_sha == made.body["commit"]["sha"]


def test_contents_that_are_no_base64_are_refused(shop: Shop) -> None:
    assert shop.bot.put(f"{PATH}/contents/x", {"message": "m", "content": "é"}).status == 422


def test_a_comparison_counts_both_sides(shop: Shop) -> None:
    shop.fake.push(SHOP, "main", {"other.txt": "x"})
    body = shop.bot.get(f"{PATH}/compare/main...better").body
    assert (body["status"], body["ahead_by"], body["behind_by"]) == ("diverged", 1, 1)
    assert [file["filename"] for file in body["files"]] == ["agent.yaml"]


def test_a_comparison_reaches_into_forks(shop: Shop) -> None:
    shop.fake.add_pull(SHOP, head="theirs", author="mallory", fork=True)
    assert shop.bot.get(f"{PATH}/compare/main...mallory:theirs").body["ahead_by"] == 1


def test_commits_of_one_file(shop: Shop) -> None:
    shop.fake.push(SHOP, "main", {"other.txt": "x"})
    shas = [commit["sha"] for commit in shop.bot.get(f"{PATH}/commits?path=other.txt").body]
    assert shas == [shop.fake.head(SHOP)]


def test_revision_syntax_is_not_a_ref(shop: Shop) -> None:
    assert shop.bot.get(f"{PATH}/commits/better~1").status == 422
    assert shop.bot.get(f"{PATH}/commits/--help").status == 422


# -- refs


def _commit(shop: Shop, parent: str, path: str = "x.txt", **entry: Any) -> str:
    tree = {"path": path, "mode": "100644", "type": "blob", **(entry or {"content": "x"})}
    made = shop.bot.post(f"{PATH}/git/trees", {"base_tree": parent, "tree": [tree]})
    body = {"message": "m", "tree": made.body["sha"], "parents": [parent]}
    return str(shop.bot.post(f"{PATH}/git/commits", body).body["sha"])


def test_a_branch_is_made_from_blobs_trees_and_commits(shop: Shop) -> None:
    blob = shop.bot.post(f"{PATH}/git/blobs", {"content": "model: fixed\n"}).body["sha"]
    sha = _commit(shop, shop.fake.head(SHOP), "agent.yaml", sha=blob)
    assert shop.bot.post(f"{PATH}/git/refs", {"ref": "refs/heads/fix/1", "sha": sha}).status == 201
    assert shop.fake.read(SHOP, "fix/1", "agent.yaml") == b"model: fixed\n"


def test_a_ref_moves_forward_only_unless_forced(shop: Shop) -> None:
    at, old = f"{PATH}/git/refs/heads/better", shop.fake.head(SHOP)
    refused = shop.bot.patch(at, {"sha": old})
    assert (refused.status, refused.message) == (422, "Update is not a fast forward")
    assert shop.bot.patch(at, {"sha": _commit(shop, shop.head)}).status == 200
    assert shop.bot.patch(at, {"sha": shop.head, "force": True}).status == 200


def test_a_protected_branch_is_not_forced(shop: Shop) -> None:
    shop.fake.repo(SHOP).protected.add("better")
    answer = shop.bot.patch(f"{PATH}/git/refs/heads/better", {"sha": shop.fake.head(SHOP), "force": True})
    assert answer.status == 422


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("heads/x", "heads/x is not a valid ref name."),
        ("refs/heads/a..b", "refs/heads/a..b is not a valid ref name."),
        ("refs/heads/better", "Reference already exists"),
    ],
)
def test_a_new_ref_has_a_good_name_of_its_own(shop: Shop, ref: str, message: str) -> None:
    answer = shop.bot.post(f"{PATH}/git/refs", {"ref": ref, "sha": shop.head})
    assert (answer.status, answer.message) == (422, message)


def test_a_ref_points_to_something(shop: Shop) -> None:
    answer = shop.bot.post(f"{PATH}/git/refs", {"ref": "refs/heads/x", "sha": "1" * 40})
    assert answer.message == "Object does not exist"


def test_a_ref_is_deleted_but_not_the_default_branch(shop: Shop) -> None:
    assert shop.bot.delete(f"{PATH}/git/refs/heads/main").status == 422
    assert shop.bot.delete(f"{PATH}/git/refs/heads/better").status == 204
    assert shop.bot.get(f"{PATH}/git/ref/heads/better").status == 404


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a//b", ".git/config", "a/.GIT/x"])
def test_a_tree_has_no_path_that_leaves_it(shop: Shop, path: str) -> None:
    entry = {"path": path, "mode": "100644", "type": "blob", "content": "x"}
    answer = shop.bot.post(f"{PATH}/git/trees", {"tree": [entry]})
    assert answer.message == "tree.path contains a malformed path component"


def test_a_tree_takes_out_what_has_no_sha(shop: Shop) -> None:
    sha = _commit(shop, shop.fake.head(SHOP), "agent.yaml", sha=None)
    assert shop.bot.get(f"{PATH}/git/trees/{sha}").body["tree"] == []


def test_a_commit_has_a_tree_and_parents_that_are_there(shop: Shop) -> None:
    body = {"message": "m", "tree": "1" * 40, "parents": [shop.head]}
    assert shop.bot.post(f"{PATH}/git/commits", body).message == "Tree SHA does not exist"


def test_workflow_files_need_a_permission_of_their_own(shop: Shop) -> None:
    at = f"{PATH}/contents/.github/workflows/x.yml"
    change = {"message": "m", "content": _text("on: push\n")}
    assert shop.bot.put(at, change).status == 403
    free = shop.fake.client(shop.fake.token("installation", {**EVERYTHING, "workflows": "write"}))
    assert free.put(at, change).status == 201


def test_a_ref_that_brings_workflow_files_needs_it_too(shop: Shop) -> None:
    sha = _commit(shop, shop.fake.head(SHOP), ".github/workflows/x.yml")
    assert shop.bot.post(f"{PATH}/git/refs", {"ref": "refs/heads/x", "sha": sha}).status == 403
