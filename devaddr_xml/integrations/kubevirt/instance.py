"""What the hook needs to know of a virtual machine instance (VMI): its policy, and what its user placed by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from devaddr_xml.domxml.document import BLANK
from devaddr_xml.domxml.policy_file import read_policy_file
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.errors import DocumentError, HintError
from devaddr_xml.model.malformed import MALFORMED
from devaddr_xml.model.policy import Policy

#: The annotation of a VMI whose value is a policy, in XML or JSON.
POLICY_ANNOTATION = "devaddr-xml/policy"

#: How many interfaces, with placeholders, a VMI of KubeVirt's second topology version was first started with.
_SLOT_COUNT_ANNOTATION = "kubevirt.io/pci-interface-slot-count"

#: KubeVirt reserves places for so many interfaces, with those that there are.
_RESERVED_INTERFACES = 4

_PCI_ADDRESS = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{2}):([0-1][0-9a-fA-F])\.([0-7])")


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """A virtual machine instance.

    policy: of the annotation. given: PCI addresses that the user chose, by the alias of the device. placeholders: how
    many interfaces KubeVirt most likely adds for its first definition. transitional: whether they are of the kind that
    older guests know.
    """

    policy: Policy | None = None
    given: dict[str, PciAddress] = {}
    placeholders: int = 0
    transitional: bool = False


def read_instance(vmi: str | bytes) -> Instance:
    """Read a VMI as KubeVirt passes it, in JSON.

    Raises DocumentError when it is not a JSON object, and DevaddrError when the policy is not valid.
    """
    try:
        raw = msgspec.json.decode(vmi)
    except MALFORMED as error:
        raise DocumentError(f"the virtual machine instance is not valid JSON: {error}") from error
    if not isinstance(raw, dict):
        raise DocumentError("the virtual machine instance is not a JSON object")
    annotations = _object(raw, "metadata", "annotations")
    devices = _object(raw, "spec", "domain", "devices")
    return Instance(
        policy=_policy(annotations.get(POLICY_ANNOTATION)),
        given=dict(_given_addresses(devices)),
        placeholders=_placeholders(annotations, len(_list(devices, "interfaces"))),
        transitional=devices.get("useVirtioTransitional") is True,
    )


def _policy(value: object) -> Policy | None:
    if value is None or (isinstance(value, str) and not value.strip(BLANK)):
        return None
    if not isinstance(value, str):
        raise HintError("the annotation is not text", device=POLICY_ANNOTATION)
    return read_policy_file(value.strip(BLANK))


def _given_addresses(devices: dict[str, object]) -> Iterator[tuple[str, PciAddress]]:
    """KubeVirt gives the device of a disk or interface the alias ``ua-`` and the name that it has in the VMI."""
    for entry in (*_list(devices, "disks"), *_list(devices, "interfaces")):
        for place in (entry, *(entry.get(bus) for bus in ("disk", "lun", "cdrom"))):
            text = place.get("pciAddress") if isinstance(place, dict) else None
            match = _PCI_ADDRESS.fullmatch(text) if isinstance(text, str) else None
            if match:
                domain, bus, slot, function = (int(part, 16) for part in match.groups())
                yield f"ua-{entry.get('name')}", PciAddress(domain, bus, slot, function)


def _placeholders(annotations: dict[str, object], interfaces: int) -> int:
    frozen = annotations.get(_SLOT_COUNT_ANNOTATION)
    if isinstance(frozen, str) and frozen.isascii() and frozen.isdigit():
        return max(0, int(frozen[:6]) - interfaces)
    return max(0, _RESERVED_INTERFACES - interfaces) if interfaces else 0


def _object(raw: dict[str, object], *path: str) -> dict[str, object]:
    for name in path:
        inner = raw.get(name)
        if not isinstance(inner, dict):
            return {}
        raw = inner
    return raw


def _list(raw: dict[str, object], name: str) -> list[dict[str, object]]:
    entries = raw.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
