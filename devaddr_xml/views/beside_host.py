"""The host's tree as an outline, to be drawn beside the guest's, and what differs between them as marks and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from devaddr_xml.engine.hints.host_audit import Level, Pair, WrongCell, described
from devaddr_xml.engine.hints.host_devices import host_address
from devaddr_xml.model.device import Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts, HostPciDevice
from devaddr_xml.model.naming import label, preferred_references
from devaddr_xml.views.comparison import Marked
from devaddr_xml.views.outline import Item, Outline, Role, short_name, variant

#: So many notes are drawn below two trees; check --host lists all.
MOST_NOTES = 40
_PORTS = ("root-port", "downstream-port")


class Compared(msgspec.Struct, frozen=True):
    """Marks for the host's tree and for the guest's, and a note for each pair and each wrong cell."""

    on_host: Marked
    in_guest: Marked
    notes: tuple[str, ...] = ()


def compared(pairs: Sequence[Pair], wrong: Sequence[WrongCell]) -> Compared:
    """What differs between both sides: pairs of devices, and devices on another cell than their host node's."""
    here: dict[int, list[str]] = {}
    there: dict[int, list[str]] = {}
    for pair in pairs:
        for mine, other in ((pair.first, pair.second), (pair.second, pair.first)):
            there.setdefault(id(mine), []).append(_with(pair.on_host, pair.in_guest, other))
            here.setdefault(id(mine), []).append(_with(pair.in_guest, pair.on_host, other))
    for each in wrong:
        there.setdefault(id(each.device), []).append(f"on host NUMA node {each.node}")
        here.setdefault(id(each.device), []).append("on no cell" if each.cell is None else f"on cell {each.cell}")
    notes = [f"{label(pair.first)} and {label(pair.second)}: {pair}" for pair in pairs]
    notes += [f"{label(each.device)}: {each}" for each in wrong]
    more = [f"and {len(notes) - MOST_NOTES} more; check --host lists all"] if len(notes) > MOST_NOTES else []
    return Compared(_marked(there), _marked(here), (*notes[:MOST_NOTES], *more))


def _with(level: Level, other_side: Level, other: Device) -> str:
    words = described(level, other_side)
    return f"{words} {'from' if words == 'apart' else 'with'} {short_name(other) or label(other)}"


def _marked(told: Mapping[int, Sequence[str]]) -> Marked:
    texts = {key: words[0] + (f", and {len(words) - 1} more" if words[1:] else "") for key, words in told.items()}
    return Marked({key: ("differs", text) for key, text in texts.items()})


def host_outline(
    guest: Guest, host: HostFacts, marked: Marked, cell_of: Callable[[int], int | None] = lambda node: None
) -> Outline:
    """The host's tree above the passed-through devices of a guest.

    cell_of: the guest cell of a host NUMA node, if it has one.
    """
    return _Builder(guest, host, marked, cell_of).outline()


class _Builder:
    """Puts the tree together: every bridge once, below the one above it."""

    def __init__(self, guest: Guest, host: HostFacts, marked: Marked, cell_of: Callable[[int], int | None]) -> None:
        self.guest = guest
        self.host = host
        self.marked = marked
        self.cell_of = cell_of
        self.refs = preferred_references(guest.devices)
        self.sections: dict[str, Item] = {}
        self.bridges: dict[str, Item] = {}

    def outline(self) -> Outline:
        passed = sorted(self._passed(), key=lambda pair: pair[0])
        known = [(address, device) for address, device in passed if address in self.host.pci]
        for address, device in known:
            facts = self.host.pci[address]
            self._above(facts).children.append(self._device(address, facts, device))
        unknown = [
            Item(role="device", label=label(device), kind=device.kind)
            for address, device in passed
            if address not in self.host.pci
        ]
        sections = [self.sections[name] for name in sorted(self.sections)]
        if unknown:
            sections.append(Item(role="group", label="unknown to the host facts", children=unknown))
        summary = f"{len(passed)} of its PCI devices are passed through"
        return Outline(name="host", machine=f"{len(self.host.pci)} PCI functions", summary=summary, sections=sections)

    def _passed(self) -> Iterator[tuple[str, Device]]:
        for device in self.guest.devices:
            source = host_address(device)
            if source is not None:
                yield str(source), device

    def _above(self, facts: HostPciDevice) -> Item:
        """The item right above a device, with those above that."""
        item = self._section(facts)
        for parent in facts.parents:
            if parent not in self.bridges:
                self.bridges[parent] = self._bridge(parent)
                item.children.append(self.bridges[parent])
            item = self.bridges[parent]
        return item

    def _section(self, facts: HostPciDevice) -> Item:
        name = facts.root_complex or "unknown root complex"
        if name not in self.sections:
            node = facts.numa_node if facts.numa_node is not None and facts.numa_node >= 0 else None
            where = None if node is None else f"host node {node}"
            cell = None if node is None else self.cell_of(node)
            text = ", ".join(filter(None, (name, where)))
            self.sections[name] = Item(role="host", label=text, name=name, model=where, node=cell)
        return self.sections[name]

    def _bridge(self, address: str) -> Item:
        facts = self.host.pci.get(address)
        kind = (facts.kind if facts else None) or "bridge"
        role: Role = "port" if kind in _PORTS else "bridge"
        return Item(role=role, label=kind, name="port" if role == "port" else kind, place=_short(address))

    def _device(self, address: str, facts: HostPciDevice, device: Device) -> Item:
        mark, elsewhere = self.marked.of(device)
        name = short_name(device)
        words = [device.kind, name if name != address else ""]
        return Item(
            role="device",
            label=" ".join(filter(None, words)),
            name=name or address,
            kind=device.kind,
            model="virtual function" if facts.physfn else variant(device),
            ref=self.refs[id(device)],
            place=_short(address),
            mark=mark,
            elsewhere=elsewhere,
        )


def _short(address: str) -> str:
    return address.removeprefix("0000:")
