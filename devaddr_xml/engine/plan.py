"""The engine: the passes, in order, over a copy of the guest."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from devaddr_xml.engine.check import check_guest
from devaddr_xml.engine.check.duplicates import refuse_duplicates
from devaddr_xml.engine.check.field_ranges import refuse_impossible_numbers
from devaddr_xml.engine.check.machine_type import check_machine_type
from devaddr_xml.engine.check.target import refuse_unknown_target
from devaddr_xml.engine.choose_rules import choose_rules
from devaddr_xml.engine.complete.consoles import lead_with_alias, mirror_first_serial, pair_consoles
from devaddr_xml.engine.complete.controllers import imply_controllers
from devaddr_xml.engine.complete.device_lists import gather
from devaddr_xml.engine.complete.implied import imply_devices
from devaddr_xml.engine.complete.indexes import assign_indexes
from devaddr_xml.engine.complete.models import default_disk_buses, default_models
from devaddr_xml.engine.complete.numa import imply_numa_cell
from devaddr_xml.engine.hints import compare_with_host, effective_policy, resolve_hints
from devaddr_xml.engine.pci import warn_of_foreign
from devaddr_xml.engine.pci.placement import place_pci
from devaddr_xml.engine.pci.used import remember_used
from devaddr_xml.engine.place import (
    add_spare_usb,
    choose_transport,
    place_devices,
    place_slots,
    place_virtio_serial_ports,
)
from devaddr_xml.engine.place.drives import place_disks, place_scsi_hostdevs
from devaddr_xml.engine.place.spapr_vio import place_registers
from devaddr_xml.engine.place.usb import place_ports as place_usb_ports
from devaddr_xml.engine.state import State
from devaddr_xml.machines.family import machine_of
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import NO_HOST_FACTS, HostFacts
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import NO_POLICY, Policy

Pass = Callable[[State], None]

#: What is there and of which model.
COMPLETION: tuple[Pass, ...] = (
    refuse_unknown_target,
    refuse_impossible_numbers,
    gather,
    assign_indexes,
    imply_devices,
    imply_numa_cell,
    default_disk_buses,
    place_disks,
    place_scsi_hostdevs,
    default_models,
    refuse_duplicates,
    pair_consoles,
    imply_controllers,
)

#: Where it goes.
PLACEMENT: tuple[Pass, ...] = (
    place_virtio_serial_ports,
    place_registers,
    place_devices,
    choose_transport,
    resolve_hints,
    choose_rules,
    add_spare_usb,
    place_pci,
    warn_of_foreign,
    compare_with_host,
    place_usb_ports,
    place_slots,
    mirror_first_serial,
)

PASSES: tuple[Pass, ...] = (check_machine_type, *COMPLETION, *PLACEMENT, check_guest, remember_used)


def plan(
    guest: Guest,
    *,
    policy: Policy | None = None,
    capabilities: Capabilities,
    host: HostFacts | None = None,
    thorough: bool = False,
    clear_of_foreign: bool = False,
) -> Plan:
    """Give every device of ``guest`` its place. ``guest`` itself does not change.

    policy: overrides the guest's own policy. capabilities: of the target QEMU and libvirt.
    host: facts about the host's devices. thorough: also record the places that were considered and not used.
    clear_of_foreign: keep the places of devices on QEMU's command line free, even without a policy.
    Raises DevaddrError if the guest or its policy is impossible.
    """

    def attempt(given: Guest) -> Plan:
        state = start(given, policy=policy, capabilities=capabilities, host=host)
        if clear_of_foreign and guest.foreign:
            from devaddr_xml.rules.guest import clear

            state.rules = clear(state.rules)
        return _plan(state, thorough)

    if asks_for_names(guest, policy):
        from devaddr_xml.engine.finished.requested_names import plan_with_names

        return plan_with_names(guest, attempt)
    return attempt(guest)


def asks_for_names(guest: Guest, policy: Policy | None) -> bool:
    """Whether any hint asks for the name of an interface."""
    entries = (*(guest.policy or NO_POLICY).devices, *(policy or NO_POLICY).devices)
    return any(entry.name for entry in entries) or any(d.hints and d.hints.name for d in guest.devices)


def _plan(state: State, thorough: bool) -> Plan:
    state.thorough = thorough
    for step in PASSES:
        step(state)
    lead_with_alias(state)
    return Plan(
        guest=state.guest,
        added=tuple(state.added),
        left_out=tuple(state.left_out),
        decisions=tuple(state.journal.decisions),
        warnings=tuple(state.journal.warnings),
    )


def start(
    guest: Guest,
    *,
    policy: Policy | None = None,
    capabilities: Capabilities,
    host: HostFacts | None = None,
) -> State:
    """The state before the first pass: a copy of ``guest`` with architecture and machine filled in."""
    own = replace(guest, devices=[replace(device) for device in guest.devices])
    own.arch = own.arch or capabilities.arch
    own.machine = own.machine or capabilities.default_machine or ""
    own.doubts = ()
    effective = effective_policy(own.policy, policy)
    own.policy = None if effective == NO_POLICY else effective
    state = State(
        guest=own,
        machine=machine_of(own.arch, own.machine),
        caps=capabilities,
        host=host or NO_HOST_FACTS,
        tunables=effective.tunables(),
    )
    state.journal.warnings.extend(guest.doubts)
    return state
