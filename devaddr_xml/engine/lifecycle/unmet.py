"""The places that a policy promises, and the devices of a finished guest that are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from devaddr_xml.buses.pci.flags import AUTO, INTEGRATED
from devaddr_xml.buses.pci.space import PACK_ENDPOINTS, Need
from devaddr_xml.engine.check import check_guest
from devaddr_xml.engine.check.topology import topology_findings
from devaddr_xml.engine.hints.host_audit import pairs, sides, wrong_cells
from devaddr_xml.engine.pci.bus_regions import Labels
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.pci.placement import place_pci
from devaddr_xml.engine.plan import PASSES, start
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import DriveAddress, PciAddress
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import Device
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.naming import label


class Unmet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A promise that is not kept: the tunable or hint, why, and the device and line that it concerns."""

    promise: str
    reason: str
    device: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        who = f"{self.device}: " if self.device else ""
        return f"{who}{self.promise}: {self.reason}"


def unmet_places(guest: Guest, capabilities: Capabilities, host: HostFacts | None = None) -> tuple[Unmet, ...]:
    """Every device of a finished guest whose place is not what the guest's policy would choose, each with a reason."""
    state = start(guest, capabilities=capabilities, host=host)
    for step in PASSES:
        if step is place_pci:
            break
        step(state)
    return (*_pci(state), *_topology(state), *_scsi(state))


def unusable(guest: Guest, capabilities: Capabilities, host: HostFacts | None = None) -> tuple[Unmet, ...]:
    """Parts of a complete guest that libvirt accepts and every policy refuses."""
    state = start(guest, capabilities=capabilities, host=host)
    for step in PASSES:
        if step is not check_guest:
            step(state)
    return tuple(
        [
            Unmet(promise="policy", reason=finding.error.message, device=finding.error.device, line=finding.error.line)
            for finding in topology_findings(state)
        ]
    )


def _pci(state: State) -> Iterator[Unmet]:
    root = state.controller("pci", 0)
    if root is None:
        return
    express = root.model == "pcie-root"
    connector = state.connector()
    needs = Needs(state, connector, express, pack_all=False)
    labels = Labels(state, needs).table if state.rules.separate_regions else {}
    used: dict[tuple[int, int], int] = {}
    placed: list[tuple[Device, PciAddress]] = []
    for device in state.visit():
        address = device.address
        if isinstance(address, PciAddress) and not address.empty:
            used[address.bus, address.slot] = used.get((address.bus, address.slot), 0) + 1
            placed.append((device, address))
    kept = state.machine.chipset.kept
    alone: dict[tuple[int, int, int], list[Device]] = {}
    for device, address in placed:
        if not connector.flags(device) & AUTO or (not address.bus and address.slot in kept):
            continue
        need = needs.of(device)
        reason = _elsewhere(state, needs, need, address, labels)
        if reason is not None:
            yield Unmet(promise=reason[0], reason=reason[1], device=label(device), line=device.line)
        elif _shares(need, device) and used[address.bus, address.slot] == 1:
            alone.setdefault((need.pack, need.group, need.flags), []).append(device)
    for devices in alone.values():
        if len(devices) > 1:
            named = ", ".join(label(device) for device in devices)
            yield Unmet(promise='packing="functions"', reason=f"{len(devices)} devices keep a slot each: {named}")


def _topology(state: State) -> Iterator[Unmet]:
    """Passed-through devices whose distance to each other, or whose cell, differs from the host."""
    if state.tunables.topology != "mirror" or not state.host.pci:
        return
    found = sides(state)
    for pair in pairs(found):
        reason = f"{label(pair.second)} is {pair}"
        yield Unmet(promise=_MIRROR, reason=reason, device=label(pair.first), line=pair.first.line)
    for wrong in wrong_cells(state, found):
        yield Unmet(promise=_MIRROR, reason=str(wrong), device=label(wrong.device), line=wrong.device.line)


_MIRROR = 'topology="mirror"'


def _shares(need: Need, device: Device) -> bool:
    """Whether the policy, and not a slot group, makes the device share a slot."""
    return need.pack >= PACK_ENDPOINTS and not (device.hints and device.hints.slot_group)


def _elsewhere(
    state: State, needs: Needs, need: Need, address: PciAddress, labels: dict[int, int]
) -> tuple[str, str] | None:
    """The promise that the place of a device breaks, and how."""
    if need.flags & INTEGRATED:
        if address.bus:
            general = "pcie" if state.tunables.pcie_placement == "root-complex" else "legacy"
            return f'{general}-placement="root-complex"', f"it stays at {address}, not on bus 0"
        return None
    table = needs.regions.table
    wanted, found = table[need.group], table[labels.get(address.bus, 0)]
    if wanted.number == found.number:
        return None
    if wanted.kind == "switch":
        return 'pcie-placement="switch"', f"it stays at {address}, behind no switch"
    if wanted.number == 0 and found.kind == "node":
        return "node", f"it has none and stays at {address}, on {found}"
    return None


def _scsi(state: State) -> Iterator[Unmet]:
    """Controllers with more disks than ``scsi-units`` says."""
    units = state.tunables.counted_units
    if units is None:
        return
    disks: dict[int, list[Device]] = {}
    for disk in state.disks:
        if disk.bus == "scsi" and isinstance(disk.address, DriveAddress):
            disks.setdefault(disk.address.controller, []).append(disk)
    crowded = [index for index, found in sorted(disks.items()) if len(found) > units]
    total = sum(map(len, disks.values()))
    for index in crowded:
        yield Unmet(promise=f'scsi-units="{units}"', reason=f"controller scsi.{index} keeps {len(disks[index])} disks")
    if not crowded and len(disks) > -(-total // units):
        reason = f"{total} disks stay on {len(disks)} controllers"
        yield Unmet(promise=f'scsi-units="{units}"', reason=reason)
