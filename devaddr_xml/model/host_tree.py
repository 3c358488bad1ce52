"""Checks whether a host can have these facts: their addresses, and the tree of their devices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.host_device import Bar, BridgeKind, HostPciDevice
from devaddr_xml.model.vocabulary import HOST_ADDRESS

_ADDRESS = re.compile(HOST_ADDRESS)
_HEXADECIMAL = re.compile(r"(?:0x)?[0-9a-fA-F]{1,8}")
#: A path cannot be longer: each bridge on it has a bus number of its own.
_DEEPEST = 256
#: Prefix of the class of bridges (PCI Code and ID Assignment Specification, class 06h).
_BRIDGE_CLASS = "06"
_LARGEST_BAR = 1 << 63

#: What can be directly above each kind of bridge; an empty set means that it starts a tree (PCI Express Base, 1.3). A
#: bridge from conventional PCI to PCI Express has the place of a root port.
_ABOVE: dict[BridgeKind, tuple[BridgeKind, ...]] = {
    "root-port": (),
    "upstream-port": ("root-port", "downstream-port", "bridge"),
    "downstream-port": ("upstream-port",),
    "bridge": ("root-port", "downstream-port", "bridge"),
}


class Facts(Protocol):
    """The parts of host facts that are checked."""

    @property
    def pci(self) -> Mapping[str, HostPciDevice]: ...

    @property
    def cpus(self) -> Mapping[int, tuple[int, ...]]: ...

    @property
    def phys_bits(self) -> int | None: ...


def is_address(text: str) -> bool:
    """Whether the text is a PCI address ``DDDD:BB:SS.F`` in lower-case hexadecimal digits."""
    return _ADDRESS.fullmatch(text) is not None


def check_host(facts: Facts) -> None:
    """Raise ValueInvalid for the first address, value or path in the facts that no host can have."""
    for address, device in facts.pci.items():
        where = f'"pci"."{address[:60]}"'
        _check_address(address, where)
        _check_device(address, device, where)
        _check_parents(facts, address, device, f'{where}."parents"')
    for node, cpus in facts.cpus.items():
        if node < 0 or any(cpu < 0 for cpu in cpus):
            raise _impossible(f'"cpus"."{node}"', "nodes and CPUs are counted from 0")
    if facts.phys_bits is not None and not 32 <= facts.phys_bits <= 64:
        raise _impossible('"phys_bits"', f"{facts.phys_bits} is not a number from 32 to 64")


def _check_address(text: str, where: str) -> None:
    if is_address(text):
        return
    remedy = "An address has domain, bus, slot and function, such as 0000:41:00.0"
    if is_address(text.lower()):
        remedy = f'Write "{text.lower()}"'
    elif is_address(f"0000:{text.lower()}"):
        remedy = f'Write "0000:{text.lower()}"'
    raise _impossible(where, f'"{text[:60]}" is not an address DDDD:BB:SS.F', remedy)


def _check_device(address: str, device: HostPciDevice, where: str) -> None:
    for name, text in (("class", device.class_), ("vendor", device.vendor), ("device", device.device)):
        if text is not None and not _HEXADECIMAL.fullmatch(text):
            raise _impossible(f'{where}."{name}"', f'"{text[:60]}" is not a hexadecimal number')
    if device.iommu_group is not None and device.iommu_group < 0:
        raise _impossible(f'{where}."iommu_group"', "IOMMU groups are counted from 0")
    if device.physfn is not None:
        _check_address(device.physfn, f'{where}."physfn"')
        if device.physfn == address:
            raise _impossible(f'{where}."physfn"', "a device is not a virtual function of itself")
    for name, bars in (("bars", device.bars), ("vf_bars", device.vf_bars)):
        for bar in bars:
            _check_bar(bar, f'{where}."{name}"')


def _check_bar(bar: Bar, where: str) -> None:
    if not 0 <= bar.index <= 5:
        raise _impossible(where, f"there is no BAR {bar.index}; they are counted from 0 to 5")
    if not 0 < bar.size <= _LARGEST_BAR or bar.size & (bar.size - 1):
        raise _impossible(where, f"the size {bar.size} of BAR {bar.index} is not a power of two")


def _check_parents(facts: Facts, address: str, device: HostPciDevice, where: str) -> None:
    if len(device.parents) > _DEEPEST:
        raise _impossible(where, "there are more bridges in a row than a PCI domain has buses")
    for parent in device.parents:
        _check_address(parent, where)
    if address in device.parents or len(set(device.parents)) != len(device.parents):
        raise _impossible(where, "the bridges form a loop")
    for position, parent in enumerate(device.parents):
        _check_parent(facts, device, position, parent, where)
    if device.kind is not None and device.parents:
        above = facts.pci.get(device.parents[-1])
        _check_order(device.kind, address, above.kind if above else None, f'{where[: where.rindex(".")]}."kind"')


def _check_parent(facts: Facts, device: HostPciDevice, position: int, parent: str, where: str) -> None:
    above = facts.pci.get(parent)
    if above is None:
        return
    if above.parents != device.parents[:position]:
        raise _impossible(where, f"{parent} has other bridges above it in its own entry")
    is_bridge = above.class_ is None or above.class_.removeprefix("0x").lower().zfill(6).startswith(_BRIDGE_CLASS)
    if above.kind is None and not is_bridge:
        raise _impossible(where, f"{parent} is not a bridge (its class is {above.class_})")
    if None not in (above.root_complex, device.root_complex) and above.root_complex != device.root_complex:
        raise _impossible(where, f"{parent} is below {above.root_complex}, and the device below {device.root_complex}")


def _check_order(kind: BridgeKind, address: str, above: BridgeKind | None, where: str) -> None:
    if kind == "root-port":
        raise _impossible(where, f"{address} is a root port, and has a bridge above it")
    if above is not None and above not in _ABOVE[kind]:
        raise _impossible(where, f"{address} is a {kind}, and right above it is a {above}")


def _impossible(where: str, reason: str, remedy: str | None = None) -> ValueInvalid:
    return ValueInvalid(f"the host facts are not valid: {where}: {reason}", remedy=remedy)
