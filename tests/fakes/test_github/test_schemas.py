"""GitHub's own OpenAPI judges PyGithub's requests and the fake's answers. Needs npm: `make test-github-schema`."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from github import Auth, Github, GithubIntegration, InputGitTreeElement
from github.Repository import Repository

from tests.fakes.github import Client, FakeGitHub
from tests.fakes.github.openapi import ANSWER_NOISE, NOISE, OpenApi
from tests.fakes.github.process import start
from tests.fakes.github.wire import Reply, Request
from tests.fakes.test_github.shop import EVERYTHING, PATH, SHOP

pytestmark = pytest.mark.schemas

FILES = {"agent.yaml": "a: 1\n", "prompts/p.md": "p", ".github/workflows/n.yml": "on: workflow_dispatch\n"}


@pytest.fixture(scope="session")
def schemas() -> OpenApi:
    return OpenApi.fetched()


class JudgedFake(FakeGitHub):
    """A fake whose answers are judged too."""

    def __init__(self, schemas: OpenApi) -> None:
        super().__init__(schemas=schemas)
        self._judge = schemas
        self.wrong_answers: list[str] = []

    def answer(self, request: Request) -> Reply:
        reply = super().answer(request)
        self.wrong_answers += self._judge.answer_violations(request, reply)
        return reply


@pytest.fixture
def judged(schemas: OpenApi, keys: tuple[str, bytes]) -> Iterator[JudgedFake]:
    with JudgedFake(schemas) as fake:
        fake.add_repo(SHOP, FILES, roles={"alice": "write"})
        fake.add_pull(SHOP, head="feature/x", author="alice", files={"agent.yaml": "a: 2\n"})
        fake.add_pull(SHOP, head="theirs", author="mallory", fork=True)
        yield fake
        assert fake.violations == []
        assert fake.wrong_answers == []
        assert [entry.path for entry in fake.log.refusals()] == []


def _github(fake: FakeGitHub, token: str = "") -> Github:
    token = token or fake.token("actions", {**EVERYTHING, "workflows": "write"})
    return Github(
        base_url=fake.url, auth=Auth.Token(token), seconds_between_requests=None, seconds_between_writes=None
    )


@pytest.fixture
def repo(judged: JudgedFake) -> Repository:
    return _github(judged).get_repo(SHOP)


def test_pulls(repo: Repository) -> None:
    pull = repo.get_pull(1)
    assert list(pull.get_files())
    assert list(pull.get_commits())
    assert [p.number for p in repo.get_pulls(head="mallory:theirs", state="all", sort="updated")] == [2]
    assert [p.number for p in repo.get_commit(pull.head.sha).get_pulls()] == [1]
    pull.edit(title="Better", body="b")
    pull.edit(state="closed")


def test_comments_labels_and_reactions(repo: Repository) -> None:
    comment = repo.get_pull(1).create_issue_comment("hi")
    comment.edit("ho")
    comment.create_reaction("eyes")
    for reaction in comment.get_reactions():
        comment.delete_reaction(reaction.id)
    assert [c.id for c in repo.get_pull(1).get_issue_comments()] == [comment.id]
    comment.delete()
    repo.create_label("drift", "ff0000", "The agent drifted")
    issue = repo.create_issue("Drift", body="b", labels=["drift"])
    issue.add_to_labels("a", "b")
    issue.remove_from_labels("a")
    issue.set_labels("drift")
    assert [i.number for i in repo.get_issues(state="all", labels=["drift"])] == [issue.number]
    issue.edit(state="closed")


def test_checks_and_statuses(repo: Repository) -> None:
    head = repo.get_pull(1).head.sha
    note: dict[str, str | int] = {
        "path": "a",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "warning",
        "message": "m",
    }
    button = {"label": "l", "description": "d", "identifier": "i"}
    output = {"title": "t", "summary": "s"}
    run = repo.create_check_run(
        "Canary", head, status="in_progress", output={**output, "annotations": [note]}, actions=[button]
    )
    run.edit(conclusion="failure", completed_at=datetime.now(UTC), output={**output, "text": "x"})
    assert len(list(run.get_annotations())) == 1
    commit = repo.get_commit(head)
    assert [r.id for r in commit.get_check_runs()] == [run.id]
    (suite,) = commit.get_check_suites()
    assert repo.get_check_suite(suite.id).conclusion == "failure"
    assert [r.id for r in suite.get_check_runs()] == [run.id]
    commit.create_status("failure", "https://example.com", "d", "gate")
    assert commit.get_combined_status().state == "failure"
    assert [status.context for status in commit.get_statuses()] == ["gate"]


def test_contents_and_branches(repo: Repository) -> None:
    assert repo.get_contents("")
    assert repo.get_contents("prompts", ref="feature/x")
    file = repo.get_contents("agent.yaml", ref="feature/x")
    assert not isinstance(file, list)
    repo.update_file("agent.yaml", "m", "a: 3\n", file.sha, branch="feature/x")
    repo.create_file("new.txt", "m", "z", branch="feature/x")
    assert repo.compare("main", "feature/x").ahead_by == 3
    assert {branch.name for branch in repo.get_branches()} == {"main", "feature/x"}
    assert repo.get_branch("feature/x").commit.sha == repo.get_commit("feature/x").sha
    assert list(repo.get_commits(sha="feature/x", path="agent.yaml"))


def test_git_data(repo: Repository) -> None:
    base = repo.get_git_commit(repo.get_branch("main").commit.sha)
    blob = repo.create_git_blob("x", "utf-8")
    assert repo.get_git_blob(blob.sha).size == 1
    tree = repo.create_git_tree([InputGitTreeElement("q", "100644", "blob", sha=blob.sha)], base.tree)
    assert repo.get_git_tree(tree.sha, recursive=True).tree
    first = repo.create_git_commit("m", tree, [base])
    ref = repo.create_git_ref("refs/heads/fix/1", first.sha)
    ref.edit(repo.create_git_commit("n", tree, [first]).sha)
    assert repo.get_git_ref("heads/fix/1").object.sha != first.sha
    assert list(repo.get_git_matching_refs("heads/"))
    repo.create_pull(base="main", head="fix/1", title="t", body="b", draft=True)
    ref.delete()


def test_runs_and_artifacts(judged: JudgedFake, repo: Repository) -> None:
    head = judged.head(SHOP, "feature/x")
    run = judged.add_run(SHOP, sha=head, branch="feature/x")
    artifact = judged.add_artifact(SHOP, run.id, "results", {"a": "b"})
    assert [a.id for a in repo.get_workflow_run(run.id).get_artifacts()] == [artifact]
    assert repo.get_artifact(artifact).name == "results"
    assert [r.id for r in repo.get_workflow_runs(head_sha=head)] == [run.id]
    assert repo.get_workflow("n.yml").create_dispatch("main")
    client = judged.client(judged.token("actions", {"actions": "read"}))
    assert client.get(f"{PATH}/actions/artifacts/{artifact}/zip").status == 302


def test_people_limits_and_markdown(judged: JudgedFake, repo: Repository) -> None:
    assert repo.get_collaborator_permission("alice") == "write"
    assert repo.has_in_collaborators("alice")
    github = _github(judged, judged.token("user", login="alice"))
    assert github.get_user().login == "alice"
    assert github.get_user("mallory").login == "mallory"
    assert github.get_rate_limit().rate.limit == 5000
    assert github.render_markdown("**x**")


def test_apps(judged: JudgedFake, keys: tuple[str, bytes]) -> None:
    app = judged.add_app(permissions=EVERYTHING, key=keys[1], events=["push"], hook_url="http://127.0.0.1:9")
    judged.install(app, "acme", [SHOP])
    judged.push(SHOP, "main", {"x": "y"})
    (delivery,) = judged.deliveries
    integration = GithubIntegration(auth=Auth.AppAuth(app.id, keys[0]), base_url=judged.url)
    assert integration.get_app().slug == app.slug
    (installation,) = integration.get_installations()
    assert integration.get_repo_installation("acme", "shop").id == installation.id
    token = integration.get_access_token(installation.id, permissions={"checks": "write"}).token
    jwt = judged.client(Auth.AppAuth(app.id, keys[0]).token)
    assert jwt.get("/app/hook/deliveries").body[0]["id"] == delivery.id
    assert jwt.get(f"/app/hook/deliveries/{delivery.id}").status == 200
    assert jwt.post(f"/app/hook/deliveries/{delivery.id}/attempts").status == 202
    assert jwt.get("/app/hook/config").status == 200
    assert judged.client(token).get("/installation/repositories").body["total_count"] == 1
    integration.close()


def test_code_scanning(judged: JudgedFake) -> None:
    document = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "g"}}, "results": []}]}
    sarif = base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()
    client = judged.client(judged.token("actions", EVERYTHING))
    body = {"commit_sha": judged.head(SHOP), "ref": "refs/heads/main", "sarif": sarif}
    made = client.post(f"{PATH}/code-scanning/sarifs", body)
    assert client.get(f"{PATH}/code-scanning/sarifs/{made.body['id']}").status == 200


# -- the judge itself


def test_the_process_judges_too() -> None:
    with start("--schemas") as process:
        assert process.stdout is not None
        client = Client(json.loads(process.stdout.readline())["url"])
        client.get(f"{PATH}/nothing")
        assert client.get("/_fake/violations").body == [f"undocumented: GET {PATH}/nothing"]
        process.communicate(timeout=10)


def _asked(method: str, path: str, body: object = None, **query: str) -> Request:
    raw = b"" if body is None else json.dumps(body).encode()
    return Request(method, path, query, {}, raw)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (
            _asked("POST", f"{PATH}/check-runs", {"name": "x"}),
            "body value: 'head_sha' is a required property",
        ),
        (_asked("POST", f"{PATH}/check-runs"), "body is missing"),
        (_asked("POST", f"{PATH}/check-runs", {"name": 3, "head_sha": "a"}), "body name: 3 is not of type"),
        (_asked("POST", f"{PATH}/statuses/abc", {"state": "success", "x": 1}), "body x is not documented"),
        (_asked("GET", f"{PATH}/pulls", state="sideways"), "query state: value: 'sideways' is not one of"),
        (_asked("GET", f"{PATH}/pulls", heads="x"), "query heads is not documented"),
        (_asked("GET", f"{PATH}/issues/one"), "path issue_number: value: 'one' is not of type"),
        (_asked("GET", f"{PATH}/nothing"), "undocumented: GET"),
    ],
)
def test_a_violation_is_named(schemas: OpenApi, request_: Request, says: str) -> None:
    (violation,) = schemas.violations(request_)
    assert says in violation


@pytest.mark.parametrize(
    "path", ["git/ref/heads/feature/x", "branches/feature/x", "commits/feature/x", "compare/main...feature/x"]
)
def test_branches_with_slashes_are_understood(schemas: OpenApi, path: str) -> None:
    assert schemas.violations(_asked("GET", f"{PATH}/{path}")) == ()


def test_without_the_named_noise_each_of_it_shows(schemas: OpenApi) -> None:
    strict = OpenApi(schemas.document, noise=())
    noisy = (
        _asked("POST", f"{PATH}/issues/1/labels", ["a"]),
        _asked("GET", f"{PATH}/statuses/{'1' * 40}"),
        _asked("GET", f"{PATH}/contents/"),
        _asked("POST", "/graphql", {"query": "query { viewer { login } }"}),
    )
    assert [len(strict.violations(request)) for request in noisy] == [1] * len(NOISE)
    assert [schemas.violations(request) for request in noisy] == [()] * len(NOISE)
    assert len(ANSWER_NOISE) == 1
