"""The JSON Schema of every message of the service."""

from __future__ import annotations

from typing import Any

import msgspec

from devaddr_xml.integrations.serve.messages import CODES, Failure, Request
from devaddr_xml.integrations.serve.methods import METHODS


def schema() -> dict[str, Any]:
    """One document: the definitions of all messages, and for each method which of them it takes and gives."""
    types = [Failure, *(method.params for method in METHODS.values())]
    types += [method.result for method in METHODS.values() if not isinstance(method.result, str)]
    _, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    definitions["Request"] = _request()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:devaddr-xml:serve:1",
        "title": "devaddr-xml serve: newline-delimited JSON-RPC 2.0",
        "methods": {name: _method(name) for name in METHODS},
        "errors": {str(code): text for code, text in CODES.items()},
        "$defs": definitions,
        "oneOf": [{"$ref": "#/$defs/Request"}, {"type": "array", "items": {"$ref": "#/$defs/Request"}, "minItems": 1}],
    }


def _method(name: str) -> dict[str, Any]:
    method = METHODS[name]
    if isinstance(method.result, str):
        result: dict[str, Any] = {"type": "object", "description": method.result}
    else:
        result = {"$ref": f"#/$defs/{method.result.__name__}"}
    return {
        "summary": (method.call.__doc__ or "").strip(),
        "params": {"$ref": f"#/$defs/{method.params.__name__}"},
        "result": result,
    }


def _request() -> dict[str, Any]:
    """A request, with the parameters of the method that it names."""
    id = {"anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "string"}, {"type": "null"}]}
    calls = [
        {"properties": {"method": {"const": name}, "params": {"$ref": f"#/$defs/{method.params.__name__}"}}}
        for name, method in METHODS.items()
    ]
    return {
        "title": Request.__name__,
        "description": "A request; without an id it is a notification, which has no answer.",
        "type": "object",
        "properties": {"jsonrpc": {"const": "2.0"}, "id": id, "method": {"enum": list(METHODS)}},
        "required": ["jsonrpc", "method", "params"],
        "oneOf": calls,
    }
