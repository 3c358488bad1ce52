"""Put a guest on another machine: counterparts of chipset devices, drives in their order."""

from __future__ import annotations

from copy import copy

import msgspec

from devaddr_xml.buses.pci.tree import PciTree
from devaddr_xml.engine.check.machine_support import is_supported
from devaddr_xml.engine.finished.network_names import network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.engine.lifecycle.keep_names import Renamed, plan_keeping_names
from devaddr_xml.engine.lifecycle.relayout import ask_for_node, node_of
from devaddr_xml.engine.lifecycle.to_sata import SataPlaces
from devaddr_xml.engine.plan import plan
from devaddr_xml.machines.counterparts import PIIX_USB, counterpart
from devaddr_xml.machines.family import Machine, machine_of, rows_of, titles_of
from devaddr_xml.model.address import PciAddress, UsbAddress
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import AnyDevice, Controller, Device, Disk, Parallel
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.naming import label, only_one, preferred_references, references
from devaddr_xml.model.nearest import suggestion
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """A device that its counterpart replaces: its reference and label, and both models."""

    ref: str
    device: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.device}: {self.old} becomes {self.new}"


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A device without a counterpart on the other machine, and why."""

    ref: str
    device: str
    reason: str

    def __str__(self) -> str:
        return f"{self.device}: {self.reason}"


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """The guest on its machine, complete, and on the other one.

    leaving: devices of the first guest that are not in the second. missing: those of them that have no counterpart; the
    others are controllers, which the new layout replaces. renamed: interfaces that could not keep their names, with
    ``keep_names``.
    """

    before: Plan
    after: Plan
    leaving: tuple[AnyDevice, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    missing: tuple[Missing, ...] = ()
    renamed: tuple[Renamed, ...] = ()


def convert(
    guest: Guest,
    machine: str,
    *,
    capabilities: Capabilities,
    host: HostFacts | None = None,
    drop: bool = False,
    keep_names: bool = False,
) -> Conversion:
    """Put ``guest`` on another machine of its architecture.

    machine: as in ``os/type``. drop: leave out what has no counterpart there. keep_names: interfaces go where they keep
    the names that a Linux guest gives them, if there is such a place. Raises Unsupported for a machine that the
    architecture does not have, and for devices without a counterpart unless they are dropped; else as ``plan`` does.
    """
    before = plan(guest, capabilities=capabilities, host=host, clear_of_foreign=True)
    arch = before.guest.arch or ""
    target = _target(arch, machine)
    moving = _Moving(before.guest, target, capabilities)
    if moving.missing and not drop:
        raise Unsupported(
            f"machine {machine} has nothing for {len(moving.missing)} devices: {'; '.join(map(str, moving.missing))}",
            line=moving.first_line,
            remedy="--drop leaves them out",
        )
    other = copy(before.guest)
    other.machine = machine
    other.devices = moving.devices
    other.policy = moving.policy()

    def attempt(given: Guest) -> Plan:
        return plan(given, capabilities=capabilities, host=host, clear_of_foreign=True)

    after = attempt(other)
    renamed: tuple[Renamed, ...] = ()
    if keep_names:
        after, renamed = plan_keeping_names(other, attempt, after, moving.names())
    return Conversion(
        before=before,
        after=after,
        leaving=tuple(moving.leaving),
        replaced=tuple(moving.replaced),
        missing=tuple(moving.missing),
        renamed=renamed,
    )


def _target(arch: str, name: str) -> Machine:
    rows = [row for row in rows_of(arch) if row.names or row.prefixes]
    if not any(row.fits(name) for row in rows):
        known = sorted({word for row in rows for word in row.names})
        raise Unsupported(
            f"architecture {arch} has no machine {name} for a conversion",
            remedy=suggestion(name, known),
        )
    return machine_of(arch, name)


class _Moving:
    """The devices of a complete guest as they are on another machine.

    devices: copies of those that go along, in their order. leaving: those that do not.
    """

    def __init__(self, guest: Guest, target: Machine, capabilities: Capabilities) -> None:
        self.devices: list[AnyDevice] = []
        self.leaving: list[AnyDevice] = []
        self.replaced: list[Replaced] = []
        self.missing: list[Missing] = []
        self.first_line: int | None = None
        self._guest = guest
        self._target = target
        self._same_family = machine_of(guest.arch or "", guest.machine or "").family == target.family
        self._capabilities = capabilities
        self._names = preferred_references(guest.devices)
        self._now: dict[int, AnyDevice] = {}
        self._tree = PciTree(guest.devices)
        self._new_usb = self._other_usb()
        self._sata = SataPlaces(guest.devices)
        for device in guest.devices:
            self._move(device)
        self._move_ide_disks()

    def _other_usb(self) -> set[int | None]:
        """Indexes of USB controllers that are those of the chipset."""
        if self._same_family:
            return set()
        controllers = (d for d in self._guest.devices if isinstance(d, Controller) and d.type == "usb")
        return {c.index for c in controllers if c.model in PIIX_USB}

    def _move(self, device: AnyDevice) -> None:
        if not self._same_family and (self._stays_behind(device) or self._is_missing(device)):
            self.leaving.append(device)
            return
        new = copy(device)
        self.devices.append(new)
        self._now[id(device)] = new
        if self._same_family:
            return
        if isinstance(device.address, PciAddress):
            node = node_of(self._tree, device)
            new.address = None
            if node is not None:
                ask_for_node(new, node)
        elif isinstance(device.address, UsbAddress) and device.address.bus in self._new_usb:
            new.address = None
        model = counterpart(device.kind, device.model, self._target.family)
        if model is not None:
            self._replace(device, new, model)
            new.model = model
            new.address = None

    def _stays_behind(self, device: AnyDevice) -> bool:
        """Whether the other machine's layout has its own controller instead of this one."""
        if not isinstance(device, Controller):
            return False
        if device.type == "pci":
            return True
        if device.type == "ide":
            return not self._target.builtin_ide
        if device.type == "fdc":
            return not self._target.floppies
        if device.type == "usb" and device.index in self._new_usb:
            self._note(device, "its own USB controller")
            return True
        return False

    def _is_missing(self, device: AnyDevice) -> bool:
        reason = self._why_missing(device)
        if reason is None:
            return False
        if device.line and not self.first_line:
            self.first_line = device.line
        self.missing.append(Missing(ref=self._names[id(device)], device=label(device), reason=reason))
        return True

    def _why_missing(self, device: AnyDevice) -> str | None:
        """Why the device has no counterpart on the other machine; unset if it has one."""
        if isinstance(device, Disk) and device.bus == "fdc" and not self._target.floppies:
            return f"machine {self._target.name} has no floppy controller"
        if isinstance(device, Parallel) and not self._target.parallel_ports:
            return f"machine {self._target.name} has no parallel ports"
        name = f"{device.kind} {device.model}"
        if is_supported(self._target, name) or counterpart(device.kind, device.model, self._target.family) is not None:
            return None
        return f"model {device.model} exists on {titles_of(name)} machines only"

    def _move_ide_disks(self) -> None:
        """Put the disks of the IDE controller on SATA, in their order."""
        if self._target.builtin_ide:
            return
        pairs = [(old, self._now[id(old)]) for old in self._guest.devices if isinstance(old, Disk) and old.bus == "ide"]
        for old, new in sorted(pairs, key=lambda pair: self._sata.rank(pair[0])):
            assert isinstance(new, Disk)
            new.bus, new.target, new.address = "sata", *self._sata.next(old)
            self._replace(old, new, f"sata {new.target}")

    def _note(self, device: Device, what: str) -> None:
        self.replaced.append(
            Replaced(ref=self._names[id(device)], device=label(device), old=device.model or device.kind, new=what)
        )

    def _replace(self, old: Device, new: Device, what: str) -> None:
        was = f"{old.bus} {old.target}" if isinstance(old, Disk) else old.model or old.kind
        self.replaced.append(Replaced(ref=self._names[id(old)], device=label(old), old=was, new=what))

    def names(self) -> dict[int, str]:
        """The names of interfaces on the first machine, by the position of the device on the other."""
        found = network_names(Topology(self._guest))
        now = {id(new): found[old].name for old, new in self._now.items() if old in found}
        return {at: name for at, device in enumerate(self.devices) if (name := now.get(id(device)))}

    def policy(self) -> Policy | None:
        """The guest's policy with references that hold now, without what it says of devices that are not there."""
        policy = self._guest.policy
        if policy is not None and policy.used and not self._same_family:
            policy = msgspec.structs.replace(policy, used=())
        if policy is None or not policy.devices:
            return policy
        table = references(self._guest.devices)
        names = preferred_references(self.devices)
        entries = []
        for entry in policy.devices:
            old = only_one(table, entry.ref)
            new = self._now.get(id(old))
            if old is None:
                entries.append(entry)
            elif new is not None:
                entries.append(msgspec.structs.replace(entry, ref=names[id(new)]))
        return msgspec.structs.replace(policy, devices=tuple(entries))
