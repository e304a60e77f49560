"""The endpoints, one file per kind. The first route that matches answers."""

from tests.fakes.github.endpoints import (
    actions,
    apps,
    checks,
    code_scanning,
    general,
    git_data,
    graphql,
    issues,
    pulls,
    repos,
    statuses,
)

ROUTES = (
    *general.ROUTES,
    *graphql.ROUTES,
    *apps.ROUTES,
    *pulls.ROUTES,
    *issues.ROUTES,
    *statuses.ROUTES,
    *checks.ROUTES,
    *actions.ROUTES,
    *code_scanning.ROUTES,
    *git_data.ROUTES,
    # Last: its commits/{ref} takes any path below.
    *repos.ROUTES,
)
