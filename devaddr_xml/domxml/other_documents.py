"""Documents that are no domain, and which command takes them."""

from __future__ import annotations

from typing import get_args

from devaddr_xml.model.device import AnyDevice
from devaddr_xml.model.errors import DocumentError

_DEVICES = frozenset(kind.__struct_config__.tag for kind in get_args(AnyDevice))
_HOLDER = "show, explain, capacity, check, diff and attach take the domain inside"
_NOT_OURS = "Pass the XML of a domain, as virsh dumpxml prints it"

#: What the root element of a document that is no domain says of it, and what helps.
OTHERS: dict[str, tuple[str, str]] = {
    "domainsnapshot": ("a snapshot", _HOLDER),
    "domaincheckpoint": ("a checkpoint", _HOLDER),
    "domstatus": ("a status file", _HOLDER),
    "devices": ("a list of devices", "Pass it to attach, together with the domain: attach DOMAIN DEVICES"),
    "policy": ("a policy", "Pass it with --policy"),
    "network": ("a network", _NOT_OURS),
    "pool": ("a storage pool", _NOT_OURS),
    "volume": ("a storage volume", _NOT_OURS),
    "secret": ("a secret", _NOT_OURS),
    "nwfilter": ("a network filter", _NOT_OURS),
    "device": ("a device of a host", "Pass it with --host"),
    "capabilities": ("a list of a host's capabilities", "Run probe on the host, and pass its file to --capabilities"),
    "domainCapabilities": (
        "a list of a host's capabilities",
        "Run probe on the host, and pass its file to --capabilities",
    ),
    "topology": ("the topology of a host", "Pass it with --host"),
}


def empty() -> DocumentError:
    """The error for a document without a character."""
    return DocumentError("the document is empty", remedy="Did the command before it in the pipe fail?")


def json() -> DocumentError:
    """The error for JSON where XML is read."""
    return DocumentError(
        "the document is JSON, and a domain is XML",
        remedy="For a neutral guest, use plan to assign addresses and render to print it as a domain",
    )


def not_a_domain(tag: str, kind: str) -> DocumentError:
    """The error for another root element; kind: what should be there."""
    name = tag.rpartition("}")[2]
    what, remedy = OTHERS.get(name, ("", _NOT_OURS))
    if name in _DEVICES:
        what, remedy = "a device", "Pass it to attach, together with the domain: attach DOMAIN DEVICE"
    stated = f"the document is {what}, not a {kind}" if what else f"the document is not a {kind}"
    message = f"{stated}: the root element is <{name[:60]}>"
    return DocumentError(message, line=1, remedy=remedy if kind == "domain" and remedy else None)
