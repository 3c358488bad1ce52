"""The host's tree, restricted to passed-through devices: the switches and the slot in which each of them is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from devaddr_xml.model.host import BridgeKind, HostFacts, HostPciDevice

#: What follows in a PCI Express path where the facts do not say the kind of a bridge.
_NEXT: dict[BridgeKind | None, BridgeKind] = {
    None: "root-port",
    "root-port": "upstream-port",
    "upstream-port": "downstream-port",
    "downstream-port": "upstream-port",
    "bridge": "bridge",
}
_UNKNOWN = HostPciDevice()


class HostPath(NamedTuple):
    """Where a passed-through device is among the others.

    switches: addresses of the upstream ports above it, outermost first, of which each has two branches or more with
    passed-through devices. slot: the name of its host slot, where it shares that with another one; none else.
    """

    switches: tuple[str, ...]
    slot: str | None


def host_paths(host: HostFacts, addresses: Iterable[str]) -> dict[str, HostPath]:
    """The path of each address that the facts know; virtual functions have a slot of their own each."""
    known = {address: host.pci[address] for address in dict.fromkeys(addresses) if address in host.pci}
    leaves = {address: _leaf(address, facts) for address, facts in known.items()}
    every = {address: (*switches_above(host, facts), leaves[address]) for address, facts in known.items()}
    branches: dict[str, set[str]] = {}
    for path in every.values():
        for above, below in pairwise(path):
            branches.setdefault(above, set()).add(below)
    shared = _repeated(leaves)
    return {
        address: HostPath(
            tuple([switch for switch in path[:-1] if len(branches[switch]) > 1]),
            path[-1] if path[-1] in shared else None,
        )
        for address, path in every.items()
    }


def switches_above(host: HostFacts, facts: HostPciDevice) -> tuple[str, ...]:
    """The upstream ports above a device, outermost first."""
    found: list[str] = []
    above: BridgeKind | None = None
    bridges = [host.pci.get(parent, _UNKNOWN) for parent in facts.parents]
    last = _last_bridge([*bridges, facts])
    for at, (parent, bridge) in enumerate(zip(facts.parents, bridges, strict=True)):
        above = bridge.kind or ("bridge" if at == last else _NEXT[above])
        if above == "upstream-port":
            found.append(parent)
    return tuple(found)


def _last_bridge(path: Sequence[HostPciDevice]) -> int:
    """The position of the bridge at which PCI Express ends, where the facts do not say the kinds of bridges.

    path: of the device, from its root port down to itself. Right above what is conventional there is such a bridge, and
    so there is in the place of an upstream port with no downstream port below it.
    """
    first = next((at for at, each in enumerate(path) if each.express is False), None)
    if first is not None:
        return first - 1
    above = len(path) - 2
    return above if above % 2 else -1


def slot_of(address: str) -> str:
    """The name of a host slot: its domain, bus and number."""
    return address.partition(".")[0]


def _leaf(address: str, facts: HostPciDevice) -> str:
    return address if facts.physfn is not None else slot_of(address)


def _repeated(leaves: Mapping[str, str]) -> set[str]:
    seen: set[str] = set()
    return {leaf for leaf in leaves.values() if leaf in seen or seen.add(leaf)}  # type: ignore[func-returns-value]
