"""GraphQL, of which only one question is known: who am I?"""

from __future__ import annotations

from tests.fakes.github.bodies import ANYTHING, record, text
from tests.fakes.github.routes import Call, Route
from tests.fakes.github.wire import Reply, refused

_WHO_AM_I = "query { viewer { login } }"


def _query(call: Call) -> Reply:
    if call.token.kind == "anonymous":
        raise refused(401, "This endpoint requires you to be authenticated.")
    if " ".join(call.body["query"].split()) != _WHO_AM_I:
        return Reply(200, {"errors": [{"message": "the fake does not know this query"}]})
    return Reply(200, {"data": {"viewer": {"login": call.login}}})


_QUERY = record("query", query=text(), variables=ANYTHING)

ROUTES = (
    Route("POST", "/graphql", _query, body=_QUERY),
    Route("POST", "/api/graphql", _query, body=_QUERY),
)
