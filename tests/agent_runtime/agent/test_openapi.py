import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.agent.openapi import Operation, Unusable, operation_of, request_of
from agent_runtime.agent.spec import OpenApiCall
from agent_runtime.files.json_schema import why_not_schema

REFUND = {
    "operationId": "createRefund",
    "summary": "Refund an order.",
    "parameters": [{"$ref": "#/components/parameters/Trace"}],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refund"}}},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://api.example.com/v1/"}],
    "paths": {
        "/orders/{order}/refunds": {
            "parameters": [{"name": "order", "in": "path", "required": True, "schema": {"type": "string"}}],
            "post": REFUND,
        },
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "parameters": [
                    {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "ids", "in": "query", "explode": False, "schema": {"type": "array"}},
                    {"name": "filter[x]", "in": "query", "schema": {"type": "string"}},
                ],
            }
        },
    },
    "components": {
        "parameters": {
            "Trace": {
                "name": "X-Trace",
                "in": "header",
                "description": "Yours.",
                "schema": {"type": "string"},
            }
        },
        "schemas": {
            "Refund": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "readOnly": True},
                    "amount": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
                    "note": {"type": "string", "nullable": True},
                },
                "required": ["id", "amount"],
            }
        },
    },
}


def operation(
    name: str = "createRefund", document: dict[str, Any] = DOCUMENT, server: str | None = None
) -> Operation:
    return operation_of(document, OpenApiCall(spec="openapi.yaml", operation=name, server=server))


def changed(**parts: Any) -> dict[str, Any]:
    """The document with parts of the refund operation replaced."""
    document: dict[str, Any] = json.loads(json.dumps(DOCUMENT))
    document["paths"]["/orders/{order}/refunds"]["post"] |= parts
    return document


def unusable(document: Any, name: str = "createRefund") -> Unusable:
    with pytest.raises(Unusable) as caught:
        operation(name, document)
    return caught.value


def with_schema(schema: Any) -> dict[str, Any]:
    return changed(requestBody={"required": True, "content": {"application/json": {"schema": schema}}})


def test_arguments_are_the_parameters_and_the_bodys_properties() -> None:
    assert operation().arguments == {
        "type": "object",
        "properties": {
            "order": {"type": "string"},
            "X-Trace": {"description": "Yours.", "type": "string"},
            "amount": {"type": "number", "exclusiveMinimum": 0},
            "note": {"type": ["string", "null"]},
        },
        "additionalProperties": False,
        "required": ["order", "amount"],
    }


def test_a_request_puts_every_argument_where_the_document_says() -> None:
    request, values = request_of(operation(), {"order": "7", "amount": 5, "X-Trace": "t"}, 30)
    assert request.url == "https://api.example.com/v1/orders/{{ order }}/refunds"
    assert (request.method, request.headers) == ("POST", {"X-Trace": "{{ X-Trace }}"})
    assert (request.body, values["(the body)"]) == ("{{ (the body) }}", {"amount": 5})


def test_what_is_not_given_is_not_sent_and_lists_repeat_or_join() -> None:
    request, values = request_of(operation("listOrders"), {"tag": ["a", "b"], "ids": [1, 2]}, 30)
    assert request.url.endswith("/orders?tag={{ tag[0] }}&tag={{ tag[1] }}&ids={{ ids[0] }}")
    assert values == {"tag[0]": "a", "tag[1]": "b", "ids[0]": "1,2"}
    assert request_of(operation("listOrders"), {}, 30)[0].url.endswith("/orders")


def test_a_body_that_is_no_plain_object_is_one_argument() -> None:
    listed = operation(document=with_schema({"type": "array", "items": {"type": "integer"}}))
    assert listed.arguments["properties"]["body"] == {"type": "array", "items": {"type": "integer"}}
    assert request_of(listed, {"order": "7", "body": [1]}, 30)[1]["(the body)"] == [1]


def test_a_body_whose_property_is_also_a_parameter_is_one_argument() -> None:
    clash = operation(document=with_schema({"type": "object", "properties": {"order": {}}}))
    assert clash.arguments["required"] == ["order", "body"]


def test_an_unknown_operation_is_answered_with_the_nearest() -> None:
    assert unusable(DOCUMENT, "createRefunds").fix == "did you mean 'createRefund'?"
    assert unusable(DOCUMENT, "zzz").fix == "its operations: createRefund, listOrders"


def test_the_server_of_agent_yaml_comes_first_and_a_relative_one_is_not_enough() -> None:
    assert operation(server="https://eu.example.com").server == "https://eu.example.com"
    assert "names no server" in str(unusable(DOCUMENT | {"servers": [{"url": "/v1"}]}))
    assert "names no server" in str(unusable(DOCUMENT | {"servers": [{"url": "https://{region}.x.org"}]}))


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "https://evil.example/x.json"}, "outside itself"),
        ({"$ref": "other.yaml#/x"}, "outside itself"),
        ({"$ref": 7}, "outside itself"),
        ({"$ref": "#/components/schemas/Nowhere"}, "which is not there"),
        ({"$ref": "#/components/schemas/Self"}, "refers to itself"),
        ({"$ref": "#/components/schemas/Tree"}, "endless"),
        ({"$ref": "#/components/schemas/B20"}, "too large"),
    ],
)
def test_a_reference_that_leads_nowhere_or_everywhere_is_refused(schema: Any, reason: str) -> None:
    document = with_schema(schema)
    schemas = document["components"]["schemas"]
    schemas["Self"] = {"$ref": "#/components/schemas/Self"}
    schemas["Tree"] = {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}}}
    schemas["B0"] = {"type": "string"}
    for level in range(1, 21):
        below = {"$ref": f"#/components/schemas/B{level - 1}"}
        schemas[f"B{level}"] = {"type": "object", "properties": {"a": below, "b": below}}
    assert reason in str(unusable(document))


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"requestBody": {"required": True, "content": {"text/csv": {}}}}, "takes text/csv, not JSON"),
        ({"parameters": [{"name": "s", "in": "cookie", "required": True}]}, "the cookie parameter 's'"),
        (
            {"parameters": [{"name": "f", "in": "query", "required": True, "style": "deepObject"}]},
            "the query parameter 'f'",
        ),
        ({"parameters": [{"name": "order", "in": "query"}]}, "two parameters called 'order'"),
    ],
)
def test_what_cannot_be_sent_is_refused(parts: dict[str, Any], reason: str) -> None:
    assert reason in str(unusable(changed(**parts)))


def test_a_path_that_names_no_parameter_is_refused() -> None:
    document = {**DOCUMENT, "paths": {"/x/{id}": {"get": {"operationId": "x"}}}}
    assert "'{id}' in its path" in str(unusable(document, "x"))


@pytest.mark.parametrize("document", [None, [], {"swagger": "2.0"}, {"openapi": "2.0"}, {"openapi": "3.1.0"}])
def test_another_document_is_refused(document: Any) -> None:
    unusable(document)


def test_a_property_may_be_called_like_a_keyword_and_an_example_may_hold_anything() -> None:
    schema = {
        "type": "object",
        "properties": {"enum": {"type": "string", "example": {"$ref": "x"}}, "nullable": {"type": "integer"}},
    }
    assert operation(document=with_schema(schema)).arguments["properties"]["enum"]["type"] == "string"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("#/components/schemas/Refund"),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$ref", "type", "properties", "required", "in", "name", "schema", "content", "x"]
            ),
            part,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_no_document_makes_more_than_a_refusal(parameters: Any, body: Any) -> None:
    try:
        found = operation(document=changed(parameters=parameters, requestBody=body))
    except Unusable:
        return
    assert found.arguments["type"] == "object"


def test_the_schema_that_comes_out_can_be_applied() -> None:
    assert why_not_schema(operation().arguments) is None
