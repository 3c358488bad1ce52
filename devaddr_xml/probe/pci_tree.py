"""Host facts from what any source finds of PCI functions: the kinds of bridges follow from the tree where need be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from devaddr_xml.model.host import BridgeKind, HostPciDevice

#: The class of PCI-to-PCI bridges (PCI Code and ID Assignment Specification).
_PCI_BRIDGE = "0604"


class Found(NamedTuple):
    """A function as a source describes it; is_bridge: whether other functions can be below it."""

    facts: HostPciDevice
    is_bridge: bool


def is_pci_bridge(class_: str | None) -> bool:
    """Whether a class, in hexadecimal with or without its programming interface, is that of PCI-to-PCI bridges."""
    return class_ is not None and class_.removeprefix("0x").lower().startswith(_PCI_BRIDGE)


def host_devices(found: Mapping[str, Found]) -> dict[str, HostPciDevice]:
    """The facts by address, in its order, with the kind of every bridge that did not say it itself."""
    below: dict[str, list[str]] = {}
    for address, (facts, _) in found.items():
        if facts.parents:
            below.setdefault(facts.parents[-1], []).append(address)
    kinds: dict[str, BridgeKind] = {}
    for address in sorted(found, key=lambda address: len(found[address].facts.parents)):
        facts, is_bridge = found[address]
        if is_bridge or address in below:
            above = kinds.get(facts.parents[-1]) if facts.parents else None
            kinds[address] = facts.kind or _kind(facts, above, [found[child] for child in below.get(address, ())])
    return {
        address: msgspec.structs.replace(found[address].facts, kind=kinds.get(address))
        for address in sorted(found, key=_numbers)
    }


def _kind(facts: HostPciDevice, above: BridgeKind | None, children: Iterable[Found]) -> BridgeKind:
    """What a bridge must be, by what is above and below it: ports of switches take turns in a PCI Express tree."""
    if facts.express is False or above == "bridge":
        return "bridge"
    if above is None:
        return "bridge" if facts.parents else "root-port"
    if above == "upstream-port":
        return "downstream-port"
    below = list(children)
    is_switch = all(child.is_bridge and child.facts.express is not False for child in below)
    return "upstream-port" if below and is_switch else "bridge"


def _numbers(address: str) -> tuple[int, ...]:
    return tuple([int(part, 16) for part in address.replace(".", ":").split(":")])
