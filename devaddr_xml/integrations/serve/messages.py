"""The messages of the service, as types: what each method takes and gives, and the errors.

Every message is one line of JSON. Names have hyphens, as in the other JSON of this package.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

#: Error codes of JSON-RPC 2.0.
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
#: Error codes of this service.
REFUSED = 1
TOO_LARGE = 2
TOO_SLOW = 3
STOPPING = 4

#: What each code of this service says; ``REFUSED`` comes with `Refusal` as its data.
CODES = {
    REFUSED: "the document, the policy or the facts are refused; data says why",
    TOO_LARGE: "the request is longer than the limit",
    TOO_SLOW: "the request took longer than the limit, or its worker ended",
    STOPPING: "the service is stopping and takes no new request",
}


class Message(msgspec.Struct, frozen=True):
    """What all messages have in common."""


class Target(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """The libvirt and QEMU that the guest is for, as version numbers; the newest known ones without it."""

    libvirt: str | None = None
    qemu: str | None = None


class Facts(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """What most methods take beside the document.

    policy: as JSON, or the name of a profile. target: version numbers. capabilities, host: as ``devaddr-xml probe``
    writes them.
    """

    policy: dict[str, Any] | str | None = None
    target: Target | None = None
    capabilities: dict[str, Any] | None = None
    host: dict[str, Any] | None = None


class AssignParams(Facts, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """xml: the domain. decisions: whether to list them."""

    xml: str
    decisions: bool = False


class PlanParams(Facts, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """guest: a neutral guest, as ``devaddr-xml model`` writes it."""

    guest: dict[str, Any]


class AttachParams(Facts, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """xml: the domain. devices: device XML, one text each. live: only what the running guest takes."""

    xml: str
    devices: list[str]
    live: bool = False


class CheckParams(Facts, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """xml: the domain."""

    xml: str


class DiffParams(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """old, new: two domains."""

    old: str
    new: str


class ExplainParams(Facts, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """xml: the domain. device: a reference; every device without it."""

    xml: str
    device: str | None = None


class CapacityParams(
    Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True
):
    """xml: the domain. target: version numbers."""

    xml: str
    target: Target | None = None


class Warned(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """A warning, with the device and the line that it concerns, and what would help."""

    message: str
    device: str | None = None
    line: int | None = None
    remedy: str | None = None


class Placed(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """A device that was added: its label and its address."""

    device: str
    address: str | None = None


class Decided(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """A decision: the device, what was decided, the sentence that says why."""

    device: str
    sentence: str


class AssignResult(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """xml: the completed domain. changed: whether it differs from the one that came in."""

    xml: str
    changed: bool
    added: list[Placed] = []
    warnings: list[Warned] = []
    decisions: list[Decided] = []


class PlanResult(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """guest: the neutral guest with every address."""

    guest: dict[str, Any]
    warnings: list[Warned] = []


class AttachResult(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """xml: the domain with the devices. devices: the XML of each with its address."""

    xml: str
    devices: list[str]
    warnings: list[Warned] = []


class Refusal(Message, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """Why a request is refused: the kind of error, and its parts as in Python."""

    kind: str
    message: str
    device: str | None = None
    line: int | None = None
    other: str | None = None
    other_line: int | None = None
    remedy: str | None = None


class Error(msgspec.Struct, frozen=True, omit_defaults=True):
    """The error of an answer."""

    code: int
    message: str
    data: Refusal | None = None


Id = int | float | str | None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request; without an id it is a notification, which has no answer."""

    jsonrpc: Literal["2.0"]
    method: str
    params: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    id: Id | msgspec.UnsetType = msgspec.UNSET


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request: a result."""

    id: Id
    result: Any
    jsonrpc: Literal["2.0"] = "2.0"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request: an error."""

    id: Id
    error: Error
    jsonrpc: Literal["2.0"] = "2.0"


def failure(id: Id, code: int, message: str, data: Refusal | None = None) -> bytes:
    """The line of an error."""
    return msgspec.json.encode(Failure(id=id, error=Error(code, message, data)))
