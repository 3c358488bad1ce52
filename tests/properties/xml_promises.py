"""What the policy and the hints of a finished document promise, checked on the document alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from properties.xml_layout import BUSES, EXPANDERS, Bus, Device, Document, check_tree

PROFILES = {
    "libvirt": {
        "spare-ports": "libvirt",
        "port-hotplug": "default",
        "packing": "separate",
        "pcie-placement": "root-port",
        "legacy-placement": "bridge",
        "overflow": "error",
    },
}
PROFILES["hotplug"] = PROFILES["libvirt"] | {
    "spare-ports": "kubevirt",
    "port-hotplug": "spare-only",
    "overflow": "pack",
}
PROFILES["integrated"] = PROFILES["libvirt"] | {
    "spare-ports": "0",
    "pcie-placement": "root-complex",
    "legacy-placement": "root-complex",
}
PROFILES["packed"] = PROFILES["libvirt"] | {
    "spare-ports": "0",
    "port-hotplug": "off",
    "packing": "functions",
    "legacy-placement": "root-complex",
    "overflow": "pack",
}

_SLOTS_OF_THE_CHIPSET = {"q35": (0x01, 0x1B, 0x1D, 0x1F), "pc": (0x01, 0x02)}
_BRIDGES = ("pci-bridge", "pcie-to-pci-bridge", "dmi-to-pci-bridge")
_PLACEMENTS = {
    "root-port": ("pcie-root-port",),
    "switch": ("pcie-switch-downstream-port",),
    "bridge": _BRIDGES,
    "root-complex": ("pcie-root", "pci-root"),
}


class Promises:
    """The checks, for one document.

    connections: ``express``, ``pci`` or ``either`` for each device whose connection is known, by name. fresh: whether
    the document was laid out in one go, so that nothing was there before. given: names of the devices that had an
    address before the tool came.
    """

    def __init__(
        self, xml: str, connections: Mapping[str, str], *, fresh: bool = True, given: Collection[str] = ()
    ) -> None:
        self.document = Document(xml)
        self.connections = connections
        self.fresh = fresh
        self.given = given
        base = PROFILES[self.document.policy.get("profile", "libvirt")]
        self.tunables = {**base, "numa": "strict", **self.document.policy}
        asked = self.document.policy.get("spare-ports", "0") not in ("0", "libvirt") or any(
            self.document.spares.values()
        )
        if base["port-hotplug"] == "off" and "port-hotplug" not in self.document.policy and asked:
            self.tunables["port-hotplug"] = "spare-only"
        turned_off = self.document.policy.get("port-hotplug") == "off" and base["spare-ports"] != "libvirt"
        if turned_off and "spare-ports" not in self.document.policy:
            self.tunables["spare-ports"] = "0"
        self.placed = [d for d in self.document.devices if d.place is not None and not isinstance(d, Bus)]

    def check(self) -> None:
        """Everything."""
        check_tree(self.document)
        self.check_nodes()
        for device in self.placed:
            self.check_hotplug(device)
            self.check_placement(device)
            self.check_bus(device)
            if "own-bus" in device.hints:
                assert self.on_bus(device) == [device]
        self.check_root_complexes()
        self.check_slot_groups()
        self.check_bus_groups()
        self.check_port_hotplug()
        self.check_spares()
        if self.fresh:
            self.check_free_ports_come_last()
            self.check_packing()

    def check_nodes(self) -> None:
        """Each device is on its node, and only such devices are below a node's expander bus."""
        if self.tunables["numa"] == "off":
            return
        for device in self.placed:
            wanted = device.hints.get("node")
            got = self.document.node(device)
            if wanted is None and device.name in self.given:
                continue
            if self.tunables["numa"] == "prefer" and got is None:
                continue
            assert got == (None if wanted is None else int(wanted)), f"{device} is on node {got}, not {wanted}"
        for bus in self.document.buses.values():
            if bus.model in EXPANDERS and bus.node is not None:
                assert bus.node in self.document.cells

    def check_hotplug(self, device: Device) -> None:
        """Alone on a hotpluggable bus where that is asked; its port off where it shall stay."""
        asked = device.hints.get("hotplug")
        bus = self.document.buses[device.own_place.bus]
        port = self.document.port(device)
        if asked == "yes":
            assert BUSES[bus.model][3], f"{device} is on a {bus.model}"
            assert bus.slots[device.own_place.slot] == [device], f"{device} is not alone"
            assert device.own_place.function == 0
            assert port is None or port.hotplug != "off"
            if port is bus and self.tunables["port-hotplug"] in ("on", "spare-only"):
                assert port.hotplug == "on"
        elif asked == "no" and port is not None:
            assert port.hotplug == "off"
        if "port-hotplug" in device.hints:
            assert port is not None
            assert port.hotplug == device.hints["port-hotplug"]

    def check_placement(self, device: Device) -> None:
        """The device is where its hint puts it, else where the policy puts it."""
        bus = self.document.buses[device.own_place.bus]
        if (asked := device.hints.get("placement")) is not None:
            assert bus.model in _PLACEMENTS[asked], f"{device} is on a {bus.model}, not {asked}"
            if asked == "root-complex":
                assert bus.index == 0
        elif self.fresh and self.document.express and device.name in self.connections and not self.is_bound(device):
            conventional = self.connections[device.name] == "pci"
            wanted = self.tunables["legacy-placement" if conventional else "pcie-placement"]
            needs_port = device.hints.get("hotplug") == "yes" or "port-hotplug" in device.hints
            if not (wanted == "root-complex" and needs_port):
                assert bus.model in _PLACEMENTS[wanted], f"{device} is on a {bus.model}, not {wanted}"
        if bus.index == 0 and device.name in self.connections and device.tag != "video" and self.document.express:
            kept = next((k for m, k in _SLOTS_OF_THE_CHIPSET.items() if self.document.machine.startswith(m)), ())
            assert device.own_place.slot not in kept

    def is_bound(self, device: Device) -> bool:
        """Whether a hint other than ``placement`` says where the device goes, or the document does."""
        bound = ("node", "root-complex", "bus", "slot-group", "bus-group", "own-bus")
        return device.name in self.given or any(name in device.hints for name in bound) or device.tag == "video"

    def check_bus(self, device: Device) -> None:
        """The kind of bus is what is asked, and what the device can be plugged into."""
        bus = self.document.buses[device.own_place.bus]
        asked = device.hints.get("bus")
        if asked is not None:
            assert bus.is_conventional == (asked == "pci"), f"{device} is on a {bus.model}"
        if device.name in self.given or not self.document.express or bus.index == 0:
            return
        connection = self.connections.get(device.name)
        if connection == "pci":
            assert bus.is_conventional, f"{device} is on a {bus.model}"
        elif connection == "express":
            assert not bus.is_conventional, f"{device} is on a {bus.model}"

    def on_bus(self, device: Device) -> list[Device]:
        """The endpoints on the bus of a device."""
        return [other for other in self.document.buses[device.own_place.bus].devices if not isinstance(other, Bus)]

    def check_root_complexes(self) -> None:
        """Two names never share an expander bus."""
        if self.tunables["numa"] != "strict":
            return
        names: dict[int, str] = {}
        for device in self.placed:
            if (name := device.hints.get("root-complex")) is not None:
                expander = self.document.expander(device)
                assert expander is not None, f"{device} is below no expander bus"
                assert names.setdefault(expander.index, name) == name

    def check_slot_groups(self) -> None:
        """The members have one slot, and nobody else has a function of it."""
        for name, members in self.groups("slot-group").items():
            slots = {(device.own_place.bus, device.own_place.slot) for device in members}
            assert len(slots) == 1, f"{name} is in {slots}"
            bus, slot = next(iter(slots))
            assert set(self.document.buses[bus].slots[slot]) == set(members)

    def check_bus_groups(self) -> None:
        """The members share a switch's bus or a bridge, and nobody else is there."""
        for members in self.groups("bus-group").values():
            shared = set()
            for device in members:
                bus = self.document.buses[device.own_place.bus]
                above = self.document.above(bus)
                if bus.model == "pcie-switch-downstream-port":
                    bus = above[0]
                if self.fresh:
                    assert bus.model in ("pcie-switch-upstream-port", *_BRIDGES), f"{device} is on a {bus.model}"
                shared.add(bus.index)
            assert len(shared) == 1
            mates = {device.hints.get("slot-group") for device in members} - {None}
            for device in self.placed:
                if any(bus.index in shared for bus in self.document.above(device)):
                    assert device in members or device.hints.get("slot-group") in mates, (
                        f"{device} is on the bus of a group"
                    )

    def groups(self, hint: str) -> dict[str, list[Device]]:
        """The members of each group."""
        found: dict[str, list[Device]] = defaultdict(list)
        for device in self.placed:
            if hint in device.hints:
                found[device.hints[hint]].append(device)
        return found

    def check_port_hotplug(self) -> None:
        """Ports about which no hint says anything say what the policy wants."""
        general = self.tunables["port-hotplug"]
        stated = {
            bus.index
            for device in self.document.devices
            if device.hints.get("hotplug") or device.hints.get("port-hotplug")
            for bus in ([device] if isinstance(device, Bus) else [self.document.port(device)])
            if bus is not None
        }
        for bus in self.document.buses.values():
            if not bus.is_port or bus.index in stated:
                continue
            if general == "default":
                wanted: tuple[str | None, ...] = (None,) if self.fresh else (None, bus.hotplug)
            elif general == "spare-only":
                wanted = ("off",) if bus.devices else ("on",)
            else:
                wanted = (general,)
            assert bus.hotplug in wanted, f"{bus} has hotplug={bus.hotplug}"

    def check_spares(self) -> None:
        """Exactly so many free places, for everybody and for each node; never more than needed when made at once."""
        if not self.document.buses:
            return
        wanted = self.wanted_spares()
        if self.document.express:
            self._check_free_ports(wanted)
        elif wanted is not None:
            self._check_free_slots(None, wanted)
        if not self.document.express and self.tunables["numa"] != "off":
            for node, ports in self.document.spares.items():
                self._check_free_slots(node, ports)

    def wanted_spares(self) -> int | None:
        """The number that ``spare-ports`` means; none for libvirt's."""
        spare = self.tunables["spare-ports"]
        if spare == "kubevirt":
            used = sum(bus.is_port and bool(bus.devices) for bus in self.document.buses.values())
            return max(16 - used, 6) if self.document.memory > 2 << 20 else max(8 - used, 3)
        return None if spare == "libvirt" else int(spare)

    def free_ports(self) -> dict[int | None, int]:
        """How many free ports each node has."""
        count: dict[int | None, int] = defaultdict(int)
        for bus in self.document.buses.values():
            if bus.is_free_port:
                count[self.document.node(bus)] += 1
        return count

    def _check_free_ports(self, wanted: int | None) -> None:
        count = self.free_ports()
        nodes = self.document.spares if self.tunables["numa"] != "off" else {}
        if wanted is not None:
            assert count[None] == wanted if self.fresh else count[None] >= wanted, f"{count}, not {wanted}"
        for node in self.document.cells:
            least = nodes.get(node, 0)
            assert count[node] == least if self.fresh else count[node] >= least, f"{count}, not {nodes}"

    def _check_free_slots(self, node: int | None, wanted: int) -> None:
        buses = [bus for bus in self.document.buses.values() if self.document.region(bus) == node]
        buses = [bus for bus in buses if BUSES[bus.model][3] and not self.is_in_group(bus)]
        free = sum(bus.free_slots for bus in buses)
        assert free >= wanted, f"{free} free slots, not {wanted}"
        last = max(buses, key=lambda bus: bus.index, default=None)
        if last is None or any("root-complex" in device.hints for device in self.document.devices):
            return
        without = free - last.free_slots + (last.place is not None and self.document.buses[last.place.bus] in buses)
        if self.fresh and last.index and not last.devices and wanted and without >= wanted:
            assert node is not None
            assert len(buses) == 1, f"one bus too many: {free} free slots for {wanted}"

    def is_in_group(self, bus: Bus) -> bool:
        """Whether a bus is kept for a group or for one device."""
        return any("bus-group" in device.hints or "own-bus" in device.hints for device in bus.devices)

    def check_free_ports_come_last(self) -> None:
        """Indexes of free ports are higher than those of all occupied ones."""
        ports = [bus for bus in self.document.buses.values() if bus.is_port]
        occupied = [bus.index for bus in ports if bus.devices]
        free = [bus.index for bus in ports if bus.is_free_port]
        assert not occupied or not free or min(free) > max(occupied)

    def check_packing(self) -> None:
        """With packing, only one slot of each kind may have functions left; without, there are no shared slots."""
        if any(device.hints for device in self.document.devices) or self.given:
            return
        packs = self.tunables["packing"] == "functions"
        incomplete: dict[tuple[str, bool], list[list[Device]]] = defaultdict(list)
        for bus in self.document.buses.values():
            for devices in bus.slots.values():
                ours = [device for device in devices if device.name in self.connections and device.tag != "video"]
                if not ours:
                    continue
                assert packs or len(devices) == 1 or self.tunables["overflow"] == "pack", f"{devices} share a slot"
                if packs and len(devices) < 8 and not self.has_fixed(devices):
                    conventional = self.document.express and self.connections[ours[0].name] == "pci"
                    incomplete[bus.model, conventional].append(devices)
        assert all(len(slots) == 1 for slots in incomplete.values()), f"{incomplete} could have shared a slot"

    def has_fixed(self, devices: list[Device]) -> bool:
        """Whether a slot is one of the chipset's."""
        return any(device.tag == "video" for device in devices)


def check_unmoved(before: Document, after: Document, *, gone: Collection[str] = (), marks: bool = True) -> None:
    """Nothing that was in ``before`` has another place or another option in ``after``, except what is ``gone``.

    marks: whether the multifunction flags are the same as well.
    """
    now = after.named()
    for name, device in before.named().items():
        if name in gone:
            continue
        other = now[name]
        assert other.place == device.place, f"{device} went to {other.place}"
        assert not marks or other.multifunction == device.multifunction, f"{device}: multifunction was changed"
        if isinstance(device, Bus):
            assert isinstance(other, Bus)
            assert other.options == device.options, f"{device}: {device.options} became {other.options}"
