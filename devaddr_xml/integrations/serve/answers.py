"""From the line of a request to the line of its answer; this runs in the workers."""

from __future__ import annotations

import msgspec

from devaddr_xml.integrations.serve.messages import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    REFUSED,
    Answer,
    Id,
    Refusal,
    Request,
    failure,
)
from devaddr_xml.integrations.serve.methods import METHODS
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.malformed import MALFORMED


def answer(line: bytes) -> bytes:
    """The answer to a line: one message, a batch of them, or nothing for notifications. It never raises."""
    try:
        raw = msgspec.json.decode(line, type=msgspec.Raw)
        if bytes(raw).lstrip()[:1] != b"[":
            return _one(raw)
        batch = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except MALFORMED as error:
        return failure(None, PARSE_ERROR, f"the line is not JSON: {error}")
    if not batch:
        return failure(None, INVALID_REQUEST, "a batch needs at least one request")
    answers = [found for request in batch if (found := _one(request))]
    return b"[" + b",".join(answers) + b"]" if answers else b""


def identifier(line: bytes) -> Id:
    """The id of a request that cannot be answered as it should be; None where the line has none."""
    try:
        found = msgspec.json.decode(line)
    except MALFORMED:
        return None
    id = found.get("id") if isinstance(found, dict) else None
    return id if isinstance(id, int | float | str) and not isinstance(id, bool) else None


def _one(raw: msgspec.Raw) -> bytes:
    """The answer to one request."""
    try:
        request = msgspec.json.decode(raw, type=Request)
    except MALFORMED as error:
        return failure(
            identifier(bytes(raw)), INVALID_REQUEST, f"the message is not a request of JSON-RPC 2.0: {error}"
        )
    done = _called(request, None if request.id is msgspec.UNSET else request.id)
    return b"" if request.id is msgspec.UNSET else done


def _called(request: Request, id: Id) -> bytes:
    method = METHODS.get(request.method)
    if method is None:
        known = ", ".join(METHODS)
        return failure(id, METHOD_NOT_FOUND, f"there is no method {request.method[:100]!r}; there are {known}")
    try:
        params = b"{}" if request.params is msgspec.UNSET else request.params
        taken = msgspec.json.decode(params, type=method.params)
    except MALFORMED as error:
        return failure(id, INVALID_PARAMS, f"the parameters of {request.method} are not valid: {error}")
    try:
        return msgspec.json.encode(Answer(id=id, result=method.call(taken)))
    except DevaddrError as error:
        return failure(id, REFUSED, str(error), refusal(error))
    except MemoryError:
        return failure(id, INTERNAL_ERROR, "there is not enough memory for this request")
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return failure(id, INTERNAL_ERROR, f"{what}. This is a fault of devaddr-xml, not of the request")


def refusal(error: DevaddrError) -> Refusal:
    """An error of the package as a message."""
    return Refusal(
        kind=type(error).__name__,
        message=error.message,
        device=error.device,
        line=None if error.line is None else int(error.line),
        other=error.other,
        other_line=None if error.other_line is None else int(error.other_line),
        remedy=error.remedy,
    )
