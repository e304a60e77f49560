"""What the fake remembers, as GitHub's JSON. Fields follow the official schemas of api.github.com."""

from __future__ import annotations

import base64
import zlib
from collections import Counter
from typing import Any

from tests.fakes.github.git import Change, Commit, Entry, Who
from tests.fakes.github.state import (
    App,
    Artifact,
    CheckRun,
    CheckSuite,
    Comment,
    Installation,
    Issue,
    Label,
    Pull,
    Reaction,
    Repository,
    Status,
    WorkflowRun,
    World,
)

Json = dict[str, Any]
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")

_USER_URLS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPO_URLS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def node(kind: str, number: object) -> str:
    """A node id; opaque, as GitHub's are."""
    return base64.b64encode(f"{kind}{number}".encode()).decode()


class Shapes:
    """Makes JSON of what `world` holds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def api(self, repo: Repository) -> str:
        """The API address of a repository."""
        return f"{self._world.url}/repos/{repo.full_name}"

    def html(self, repo: Repository) -> str:
        """The page of a repository."""
        return f"{self._world.url}/{repo.full_name}"

    def user(self, login: str) -> Json:
        """simple-user"""
        account, root = self._world.account(login), self._world.url
        url = f"{root}/users/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node("User", account.id),
            "avatar_url": f"{root}/avatars/u/{account.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{root}/{account.login}",
            **{name: url + rest for name, rest in _USER_URLS.items()},
            "type": account.type,
            "user_view_type": "public",
            "site_admin": False,
        }

    def repository(self, repo: Repository) -> Json:
        """minimal-repository, as other objects hold it"""
        api, html = self.api(repo), self.html(repo)
        return {
            "id": repo.id,
            "node_id": node("Repository", repo.id),
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "owner": self.user(repo.owner),
            "html_url": html,
            "description": None,
            "fork": repo.parent is not None,
            "url": api,
            **{name: api + rest for name, rest in _REPO_URLS.items()},
        }

    def full_repository(self, repo: Repository, role: str) -> Json:
        """repository / full-repository"""
        html, open_ = self.html(repo), sum(i.state == "open" for i in repo.issues.values())
        more: Json = {"parent": None, "source": None}
        if repo.parent is not None:
            parent = self.full_repository(self._world.repository(repo.parent), role)
            more = {"parent": parent, "source": parent}
        else:
            more = {}
        return {
            **self.repository(repo),
            "clone_url": f"{html}.git",
            "git_url": f"{html}.git",
            "ssh_url": f"git@localhost:{repo.full_name}.git",
            "svn_url": html,
            "mirror_url": None,
            "homepage": None,
            "language": None,
            "forks": 0,
            "forks_count": 0,
            "stargazers_count": 0,
            "watchers": 0,
            "watchers_count": 0,
            "size": 1,
            "default_branch": repo.default_branch,
            "open_issues": open_,
            "open_issues_count": open_,
            "topics": [],
            "has_issues": True,
            "has_projects": True,
            "has_wiki": True,
            "has_pages": False,
            "has_downloads": True,
            "has_discussions": False,
            "archived": False,
            "disabled": False,
            "visibility": "private" if repo.private else "public",
            "pushed_at": repo.created,
            "created_at": repo.created,
            "updated_at": repo.created,
            "permissions": role_permissions(role),
            "license": None,
            "network_count": 0,
            "subscribers_count": 0,
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            **more,
        }

    # -- issues and pulls

    def label(self, repo: Repository, label: Label) -> Json:
        """label"""
        return {
            "id": label.id,
            "node_id": node("Label", label.id),
            "url": f"{self.api(repo)}/labels/{label.name}",
            "name": label.name,
            "color": label.color,
            "default": False,
            "description": label.description,
        }

    def _issue_fields(self, repo: Repository, issue: Issue) -> Json:
        return {
            "id": issue.id,
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "labels": [self.label(repo, repo.labels[name.lower()]) for name in issue.labels],
            "state": issue.state,
            "locked": issue.locked,
            "active_lock_reason": None,
            "assignee": self.user(issue.assignees[0]) if issue.assignees else None,
            "assignees": [self.user(login) for login in issue.assignees],
            "milestone": None,
            "created_at": issue.created,
            "updated_at": issue.updated,
            "closed_at": issue.closed,
            "author_association": self.association(repo, issue.author),
        }

    def issue(self, repo: Repository, issue: Issue) -> Json:
        """issue; with `pull_request` when it is one"""
        url = f"{self.api(repo)}/issues/{issue.number}"
        page = "pull" if issue.pull else "issues"
        shape = {
            **self._issue_fields(repo, issue),
            "node_id": node("Issue", issue.id),
            "url": url,
            "repository_url": self.api(repo),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": f"{self.html(repo)}/{page}/{issue.number}",
            "comments": sum(c.number == issue.number for c in repo.comments.values()),
            "state_reason": "completed" if issue.state == "closed" and not issue.pull else None,
            "closed_by": self.user(issue.closed_by) if issue.closed_by else None,
            "reactions": self.reaction_counts(f"{url}/reactions", issue.reactions),
            "performed_via_github_app": None,
        }
        if issue.pull:
            page_url = f"{self.html(repo)}/pull/{issue.number}"
            shape["draft"] = issue.pull.draft
            shape["pull_request"] = {
                "url": f"{self.api(repo)}/pulls/{issue.number}",
                "html_url": page_url,
                "diff_url": f"{page_url}.diff",
                "patch_url": f"{page_url}.patch",
                "merged_at": issue.pull.merged_at,
            }
        return shape

    def comment(self, repo: Repository, comment: Comment) -> Json:
        """issue-comment"""
        issue = repo.issues[comment.number]
        page = "pull" if issue.pull else "issues"
        url = f"{self.api(repo)}/issues/comments/{comment.id}"
        app = self._world.apps.get(comment.app_id or 0)
        return {
            "id": comment.id,
            "node_id": node("IssueComment", comment.id),
            "url": url,
            "html_url": f"{self.html(repo)}/{page}/{comment.number}#issuecomment-{comment.id}",
            "issue_url": f"{self.api(repo)}/issues/{comment.number}",
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": comment.created,
            "updated_at": comment.updated,
            "author_association": self.association(repo, comment.author),
            "reactions": self.reaction_counts(f"{url}/reactions", comment.reactions),
            "performed_via_github_app": self.app(app) if app else None,
        }

    def reaction(self, reaction: Reaction) -> Json:
        """reaction"""
        return {
            "id": reaction.id,
            "node_id": node("Reaction", reaction.id),
            "user": self.user(reaction.author),
            "content": reaction.content,
            "created_at": reaction.created,
        }

    def reaction_counts(self, url: str, reactions: list[Reaction]) -> Json:
        """reaction-rollup"""
        counts = Counter(reaction.content for reaction in reactions)
        return {"url": url, "total_count": len(reactions), **{name: counts[name] for name in REACTIONS}}

    def association(self, repo: Repository, login: str) -> str:
        """author_association: never what decides, see GITHUB.md"""
        if login.lower() == repo.owner.lower():
            return "OWNER"
        return "COLLABORATOR" if login.lower() in repo.roles else "NONE"

    def pull(self, repo: Repository, issue: Issue) -> Json:
        """pull-request-simple"""
        pull = _pull(issue)
        url, page = f"{self.api(repo)}/pulls/{issue.number}", f"{self.html(repo)}/pull/{issue.number}"
        issue_url = f"{self.api(repo)}/issues/{issue.number}"
        links = {
            "self": url,
            "html": page,
            "issue": issue_url,
            "comments": f"{issue_url}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": f"{self.api(repo)}/pulls/comments{{/number}}",
            "commits": f"{url}/commits",
            "statuses": f"{self.api(repo)}/statuses/{pull.head_sha}",
        }
        return {
            **self._issue_fields(repo, issue),
            "node_id": node("PullRequest", issue.id),
            "url": url,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue_url,
            "commits_url": links["commits"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "comments_url": links["comments"],
            "statuses_url": links["statuses"],
            "draft": pull.draft,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_sha,
            "requested_reviewers": [],
            "requested_teams": [],
            "head": self._end(pull.head_repo, pull.head_branch, pull.head_sha),
            "base": self._end(repo.full_name, pull.base_branch, pull.base_sha),
            "_links": {name: {"href": link} for name, link in links.items()},
            "auto_merge": None,
        }

    def full_pull(self, repo: Repository, issue: Issue) -> Json:
        """pull-request"""
        pull = _pull(issue)
        start = repo.git.merge_base(pull.base_sha, pull.head_sha)
        changes = repo.git.changes(start, pull.head_sha)
        merged = pull.merged_at is not None
        clean = merged or repo.git.merged_tree(pull.base_sha, pull.head_sha) is not None
        return {
            **self.pull(repo, issue),
            "merged": merged,
            "mergeable": None if merged else clean,
            "rebaseable": None if merged else clean,
            "mergeable_state": "unknown" if merged else "clean" if clean else "dirty",
            "merged_by": self.user(pull.merged_by) if pull.merged_by else None,
            "comments": sum(c.number == issue.number for c in repo.comments.values()),
            "review_comments": 0,
            "maintainer_can_modify": pull.maintainer_can_modify,
            "commits": len(repo.git.log(pull.head_sha, start)),
            "additions": sum(change.additions for change in changes),
            "deletions": sum(change.deletions for change in changes),
            "changed_files": len(changes),
        }

    def _end(self, full_name: str | None, branch: str, sha: str) -> Json:
        repo = self._world.repositories.get((full_name or "").lower())
        owner = full_name.split("/")[0] if full_name else "ghost"
        return {
            "label": f"{owner}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": self.user(owner),
            "repo": self.full_repository(repo, "read") if repo else None,
        }

    def pull_stub(self, repo: Repository, issue: Issue) -> Json:
        """pull-request-minimal, as check runs and workflow runs hold it"""
        pull = _pull(issue)
        return {
            "id": issue.id,
            "number": issue.number,
            "url": f"{self.api(repo)}/pulls/{issue.number}",
            "head": self._stub_end(pull.head_repo, pull.head_branch, pull.head_sha),
            "base": self._stub_end(repo.full_name, pull.base_branch, pull.base_sha),
        }

    def _stub_end(self, full_name: str | None, branch: str, sha: str) -> Json:
        repo = self._world.repository(full_name or "")
        return {"ref": branch, "sha": sha, "repo": {"id": repo.id, "url": self.api(repo), "name": repo.name}}

    # -- git

    def commit(self, repo: Repository, commit: Commit) -> Json:
        """commit, without its files"""
        url = f"{self.api(repo)}/commits/{commit.sha}"
        return {
            "sha": commit.sha,
            "node_id": node("Commit", commit.sha),
            "url": url,
            "html_url": f"{self.html(repo)}/commit/{commit.sha}",
            "comments_url": f"{url}/comments",
            "commit": {
                "author": _who(commit.author),
                "committer": _who(commit.committer),
                "message": commit.message,
                "tree": {"sha": commit.tree, "url": f"{self.api(repo)}/git/trees/{commit.tree}"},
                "url": f"{self.api(repo)}/git/commits/{commit.sha}",
                "comment_count": 0,
                "verification": UNSIGNED,
            },
            "author": self._known_user(commit.author),
            "committer": self._known_user(commit.committer),
            "parents": [
                {
                    "sha": sha,
                    "url": f"{self.api(repo)}/commits/{sha}",
                    "html_url": f"{self.html(repo)}/commit/{sha}",
                }
                for sha in commit.parents
            ],
        }

    def git_commit(self, repo: Repository, commit: Commit) -> Json:
        """git-commit, of the git data API"""
        return {
            "sha": commit.sha,
            "node_id": node("Commit", commit.sha),
            "url": f"{self.api(repo)}/git/commits/{commit.sha}",
            "html_url": f"{self.html(repo)}/commit/{commit.sha}",
            "author": _who(commit.author),
            "committer": _who(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{self.api(repo)}/git/trees/{commit.tree}"},
            "parents": [
                {
                    "sha": sha,
                    "url": f"{self.api(repo)}/git/commits/{sha}",
                    "html_url": f"{self.html(repo)}/commit/{sha}",
                }
                for sha in commit.parents
            ],
            "verification": UNSIGNED,
        }

    def _known_user(self, who: Who) -> Json | None:
        login = who.email.removesuffix("@users.noreply.github.com").split("+")[-1]
        return self.user(login) if login.lower() in self._world.accounts else None

    def change(self, repo: Repository, sha: str, change: Change) -> Json:
        """diff-entry"""
        shape = {
            "sha": change.sha,
            "filename": change.path,
            "status": change.status,
            "additions": change.additions,
            "deletions": change.deletions,
            "changes": change.additions + change.deletions,
            "blob_url": f"{self.html(repo)}/blob/{sha}/{change.path}",
            "raw_url": f"{self.html(repo)}/raw/{sha}/{change.path}",
            "contents_url": f"{self.api(repo)}/contents/{change.path}?ref={sha}",
        }
        if change.patch:
            shape["patch"] = change.patch
        if change.previous:
            shape["previous_filename"] = change.previous
        return shape

    def ref(self, repo: Repository, name: str, sha: str) -> Json:
        """git-ref"""
        return {
            "ref": name,
            "node_id": node("Ref", name),
            "url": f"{self.api(repo)}/git/{name}",
            "object": {"type": "commit", "sha": sha, "url": f"{self.api(repo)}/git/commits/{sha}"},
        }

    def entry(self, repo: Repository, ref: str, entry: Entry) -> Json:
        """content-file without its content, or one entry of content-directory"""
        url = f"{self.api(repo)}/contents/{entry.path}?ref={ref}"
        kind = {"tree": "dir", "commit": "submodule"}.get(
            entry.type, "symlink" if entry.mode == "120000" else "file"
        )
        page = "tree" if kind == "dir" else "blob"
        git_url = f"{self.api(repo)}/git/{page}s/{entry.sha}"
        html_url = f"{self.html(repo)}/{page}/{ref}/{entry.path}"
        raw = f"{self.html(repo)}/raw/{ref}/{entry.path}" if page == "blob" else None
        return {
            "type": kind,
            "name": entry.path.rsplit("/", 1)[-1],
            "path": entry.path,
            "sha": entry.sha,
            "size": entry.size or 0,
            "url": url,
            "git_url": git_url,
            "html_url": html_url,
            "download_url": raw,
            "_links": {"self": url, "git": git_url, "html": html_url},
        }

    # -- statuses and checks

    def status(self, repo: Repository, status: Status) -> Json:
        """status"""
        user = self.user(status.author)
        return {
            "id": status.id,
            "node_id": node("Status", status.id),
            "url": f"{self.api(repo)}/statuses/{status.sha}",
            "avatar_url": user["avatar_url"],
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": status.created,
            "updated_at": status.created,
            "creator": user,
        }

    def check_run(self, repo: Repository, run: CheckRun) -> Json:
        """check-run"""
        url = f"{self.api(repo)}/check-runs/{run.id}"
        page = f"{self.html(repo)}/runs/{run.id}"
        return {
            "id": run.id,
            "node_id": node("CheckRun", run.id),
            "name": run.name,
            "head_sha": run.sha,
            "external_id": run.external_id,
            "url": url,
            "html_url": page,
            "details_url": run.details_url or page,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started,
            "completed_at": run.completed,
            "output": {
                "title": run.output.get("title"),
                "summary": run.output.get("summary"),
                "text": run.output.get("text"),
                "annotations_count": len(run.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": run.suite.id},
            "app": self.app(self._world.apps[run.suite.app_id]),
            "pull_requests": self.pull_stubs(repo, run.sha),
        }

    def pull_stubs(self, repo: Repository, sha: str) -> list[Json]:
        """The open pulls of this head within the repository; a fork's are left out, as GitHub does."""
        return [
            self.pull_stub(repo, issue)
            for issue in repo.issues.values()
            if issue.pull
            and issue.state == "open"
            and issue.pull.head_sha == sha
            and issue.pull.head_repo == repo.full_name
        ]

    def annotation(self, repo: Repository, run: CheckRun, given: Json) -> Json:
        """check-annotation"""
        return {
            "path": given["path"],
            "blob_href": f"{self.html(repo)}/blob/{run.sha}/{given['path']}",
            "start_line": given["start_line"],
            "end_line": given["end_line"],
            "start_column": given.get("start_column"),
            "end_column": given.get("end_column"),
            "annotation_level": given["annotation_level"],
            "title": given.get("title"),
            "message": given["message"],
            "raw_details": given.get("raw_details"),
        }

    def suite(self, repo: Repository, suite: CheckSuite) -> Json:
        """check-suite"""
        runs = [run for run in repo.checks.values() if run.suite is suite]
        done = bool(runs) and all(run.status == "completed" for run in runs)
        url = f"{self.api(repo)}/check-suites/{suite.id}"
        return {
            "id": suite.id,
            "node_id": node("CheckSuite", suite.id),
            "head_branch": suite.branch,
            "head_sha": suite.sha,
            "status": "completed" if done else "in_progress" if runs else "queued",
            "conclusion": _worst(runs) if done else None,
            "url": url,
            "before": None,
            "after": suite.sha,
            "pull_requests": self.pull_stubs(repo, suite.sha),
            "app": self.app(self._world.apps[suite.app_id]),
            "repository": self.repository(repo),
            "created_at": suite.created,
            "updated_at": suite.created,
            "head_commit": self.head_commit(repo, suite.sha),
            "latest_check_runs_count": len(runs),
            "check_runs_url": f"{url}/check-runs",
        }

    def head_commit(self, repo: Repository, sha: str) -> Json:
        """simple-commit"""
        commit = repo.git.commit(sha)
        return {
            "id": sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": commit.committer.date,
            "author": {"name": commit.author.name, "email": commit.author.email},
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
        }

    # -- actions

    def workflow_run(self, repo: Repository, run: WorkflowRun) -> Json:
        """workflow-run; its `pull_requests` is empty for a fork's, as GitHub's is"""
        url = f"{self.api(repo)}/actions/runs/{run.id}"
        workflow = f"{self.api(repo)}/actions/workflows/{run.workflow}"
        return {
            "id": run.id,
            "node_id": node("WorkflowRun", run.id),
            "name": run.workflow,
            "display_title": run.workflow,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "path": f".github/workflows/{run.workflow}",
            "run_number": run.number,
            "run_attempt": run.attempt,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "workflow_id": workflow_id(run.workflow),
            "url": url,
            "html_url": f"{self.html(repo)}/actions/runs/{run.id}",
            "pull_requests": self.pull_stubs(repo, run.head_sha) if run.head_repo == repo.full_name else [],
            "created_at": run.created,
            "updated_at": run.created,
            "run_started_at": run.created,
            "actor": self.user(run.author),
            "triggering_actor": self.user(run.author),
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": f"{self.api(repo)}/check-suites/0",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": None,
            "workflow_url": workflow,
            "head_commit": self.head_commit(repo, run.head_sha),
            "repository": self.repository(repo),
            "head_repository": self.repository(self._world.repository(run.head_repo)),
        }

    def artifact(self, repo: Repository, artifact: Artifact) -> Json:
        """artifact"""
        url = f"{self.api(repo)}/actions/artifacts/{artifact.id}"
        run = repo.runs[artifact.run_id]
        return {
            "id": artifact.id,
            "node_id": node("Artifact", artifact.id),
            "name": artifact.name,
            "size_in_bytes": len(artifact.content),
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": artifact.expired,
            "created_at": artifact.created,
            "updated_at": artifact.created,
            "expires_at": artifact.expires,
            "workflow_run": {
                "id": run.id,
                "repository_id": repo.id,
                "head_repository_id": self._world.repository(run.head_repo).id,
                "head_branch": run.head_branch,
                "head_sha": run.head_sha,
            },
        }

    # -- apps

    def app(self, app: App) -> Json:
        """integration"""
        return {
            "id": app.id,
            "slug": app.slug,
            "node_id": node("App", app.id),
            "client_id": app.client_id,
            "owner": self.user(app.owner),
            "name": app.name,
            "description": None,
            "external_url": self._world.url,
            "html_url": f"{self._world.url}/apps/{app.slug}",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "permissions": {"metadata": "read", **app.permissions},
            "events": list(app.events),
        }

    def installation(self, installation: Installation) -> Json:
        """installation"""
        app = self._world.apps[installation.app_id]
        account = self._world.account(installation.account)
        url = f"{self._world.url}/app/installations/{installation.id}"
        return {
            "id": installation.id,
            "account": self.user(installation.account),
            "repository_selection": "all" if installation.repositories is None else "selected",
            "access_tokens_url": f"{url}/access_tokens",
            "repositories_url": f"{self._world.url}/installation/repositories",
            "html_url": f"{self._world.url}/settings/installations/{installation.id}",
            "app_id": app.id,
            "client_id": app.client_id,
            "app_slug": app.slug,
            "target_id": account.id,
            "target_type": account.type,
            "permissions": {"metadata": "read", **installation.permissions},
            "events": list(app.events),
            "single_file_name": None,
            "has_multiple_single_files": False,
            "single_file_paths": [],
            "created_at": installation.created,
            "updated_at": installation.created,
            "suspended_by": None,
            "suspended_at": None,
        }


UNSIGNED: Json = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def workflow_id(workflow: str) -> int:
    """A number that stands for the workflow file."""
    return zlib.crc32(workflow.encode())


def _pull(issue: Issue) -> Pull:
    assert issue.pull is not None
    return issue.pull


def _who(who: Who) -> Json:
    return {"name": who.name, "email": who.email, "date": who.date}


def _worst(runs: list[CheckRun]) -> str | None:
    order = ("failure", "timed_out", "action_required", "cancelled", "success", "neutral", "skipped", "stale")
    found = {run.conclusion for run in runs}
    return next((conclusion for conclusion in order if conclusion in found), None)


def role_permissions(role: str) -> dict[str, bool]:
    """What a role may do, as GitHub lists it."""
    held = ("none", "read", "triage", "write", "maintain", "admin").index(role)
    names = {"pull": 1, "triage": 2, "push": 3, "maintain": 4, "admin": 5}
    return {name: held >= needed for name, needed in names.items()}
