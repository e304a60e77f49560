"""What follows when a branch moves: pulls get a new head, `synchronize` and `push` are sent."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.github.events import Events
from tests.fakes.github.git import NO_COMMIT, Who
from tests.fakes.github.shapes import Json, Shapes
from tests.fakes.github.state import CheckSuite, Issue, Pull, Repository, World


@dataclass(frozen=True, slots=True)
class Heads:
    """Keeps the pulls in step with git."""

    world: World
    events: Events

    def moved(self, repo: Repository, before: dict[str, str], sender: str) -> None:
        """Follow every branch that differs from `before` (full ref → sha)."""
        after = repo.git.refs()
        for ref in sorted(set(before) | set(after)):
            if ref.startswith(("refs/heads/", "refs/tags/")) and before.get(ref) != after.get(ref):
                self._one(repo, ref, before.get(ref), after.get(ref), sender)

    def _one(self, repo: Repository, ref: str, old: str | None, new: str | None, sender: str) -> None:
        self.events.fire(repo, "push", self._push(repo, ref, old, new, sender), sender)
        if not ref.startswith("refs/heads/"):
            return
        branch = ref.removeprefix("refs/heads/")
        if new is not None:
            self.suites(repo, new, branch)
        for home, issue, pull in self.world.pulls():
            if issue.state != "open":
                continue
            if pull.head_repo == repo.full_name and pull.head_branch == branch:
                self._head(home, issue, pull, new, sender)
            if home is repo and pull.base_branch == branch and new is not None:
                self._base(home, issue, pull, new, sender)

    def suites(self, repo: Repository, sha: str, branch: str | None) -> None:
        """A suite for every App with `checks: write`, as GitHub makes them on a push."""
        for installation in self.world.installations.values():
            app = self.world.apps[installation.app_id]
            if (
                app.permissions.get("checks") == "write"
                and installation.account.lower() == repo.owner.lower()
            ):
                self.suite(repo, app.id, sha, branch)

    def suite(self, repo: Repository, app_id: int, sha: str, branch: str | None) -> CheckSuite:
        """The suite of an App on a commit, made when it is new."""
        for suite in repo.suites:
            if suite.app_id == app_id and suite.sha == sha:
                return suite
        suite = CheckSuite(next(self.world.ids), app_id, sha, branch, self.world.now())
        repo.suites.append(suite)
        return suite

    def _head(self, home: Repository, issue: Issue, pull: Pull, new: str | None, sender: str) -> None:
        if new is None:
            self.close(home, issue, sender)
            return
        before, pull.head_sha = pull.head_sha, new
        issue.updated = self.world.now()
        self.point(home, issue, pull)
        self.announce(home, issue, "synchronize", sender, before=before, after=new)

    def _base(self, home: Repository, issue: Issue, pull: Pull, new: str, sender: str) -> None:
        pull.base_sha = new
        if home.git.is_ancestor(pull.head_sha, new):
            self.merged(home, issue, pull, new, sender)
        else:
            self.point(home, issue, pull)

    def merged(self, home: Repository, issue: Issue, pull: Pull, sha: str, sender: str) -> None:
        """Mark a pull as merged by this commit."""
        pull.merged_at, pull.merged_by, pull.merge_sha = self.world.now(), sender, sha
        self.close(home, issue, sender)

    def close(self, home: Repository, issue: Issue, sender: str) -> None:
        """Close an issue or a pull."""
        issue.state, issue.closed, issue.closed_by = "closed", self.world.now(), sender
        issue.updated = issue.closed
        self.announce(home, issue, "closed", sender)

    def reopen(self, home: Repository, issue: Issue, sender: str) -> None:
        """Open a closed one again."""
        issue.state, issue.closed, issue.closed_by = "open", None, None
        issue.updated = self.world.now()
        self.announce(home, issue, "reopened", sender)

    def announce(self, home: Repository, issue: Issue, action: str, sender: str, **more: object) -> None:
        """Send `pull_request` or `issues` with this action."""
        shapes = Shapes(self.world)
        payload: Json = {"action": action, "number": issue.number, **more}
        if issue.pull:
            payload["pull_request"] = shapes.full_pull(home, issue)
            self.events.fire(home, "pull_request", payload, sender)
        else:
            self.events.fire(home, "issues", payload | {"issue": shapes.issue(home, issue)}, sender)

    def point(self, home: Repository, issue: Issue, pull: Pull) -> None:
        """Set refs/pull/N/head and, when it merges cleanly, refs/pull/N/merge."""
        ref = f"refs/pull/{issue.number}"
        home.git.set_ref(f"{ref}/head", pull.head_sha)
        tree = home.git.merged_tree(pull.base_sha, pull.head_sha)
        if tree is None:
            pull.merge_sha = None
            if home.git.ref(f"{ref}/merge"):
                home.git.drop_ref(f"{ref}/merge")
            return
        date = home.git.commit(pull.head_sha).committer.date
        who = Who("GitHub", "noreply@github.com", date)
        message = f"Merge {pull.head_sha} into {pull.base_sha}"
        pull.merge_sha = home.git.commit_tree(tree, (pull.base_sha, pull.head_sha), message, who, who)
        home.git.set_ref(f"{ref}/merge", pull.merge_sha)

    def _push(self, repo: Repository, ref: str, old: str | None, new: str | None, sender: str) -> Json:
        shapes = Shapes(self.world)
        head = shapes.head_commit(repo, new) if new else None
        return {
            "ref": ref,
            "before": old or NO_COMMIT,
            "after": new or NO_COMMIT,
            "created": old is None,
            "deleted": new is None,
            "forced": bool(old and new and not repo.git.is_ancestor(old, new)),
            "compare": f"{shapes.html(repo)}/compare/{(old or NO_COMMIT)[:12]}...{(new or NO_COMMIT)[:12]}",
            "commits": [head] if head else [],
            "head_commit": head,
            "pusher": {"name": sender, "email": None},
            "base_ref": None,
        }
