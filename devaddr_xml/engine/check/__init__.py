"""The last pass: refuse what libvirt refuses after it assigned addresses, and what QEMU or the guest cannot use.

One module for each subject, each with the tables of its rules; what few guests have is imported for those.
"""

from __future__ import annotations

from collections.abc import Callable

from devaddr_xml.engine.check.abilities import check_abilities
from devaddr_xml.engine.check.addresses import check_addresses
from devaddr_xml.engine.check.controllers import check_controllers
from devaddr_xml.engine.check.disks import check_disks
from devaddr_xml.engine.check.domain import check_domain
from devaddr_xml.engine.check.drives import check_drives
from devaddr_xml.engine.check.machine_support import check_machine_support
from devaddr_xml.engine.check.nodes import check_nodes
from devaddr_xml.engine.check.pci_options import check_pci_options
from devaddr_xml.engine.check.qemu_limits import check_sections
from devaddr_xml.engine.check.topology import check_topology
from devaddr_xml.engine.state import State


def check_hostdevs(state: State) -> None:
    """Refuse host devices that cannot be given to the guest, and warn of those behind a bus that is not theirs."""
    if state.hostdevs:
        from devaddr_xml.engine.check.host_functions import check_host_functions
        from devaddr_xml.engine.check.hostdevs import check_hostdevs

        check_hostdevs(state)
        check_host_functions(state)


def check_chardevs(state: State) -> None:
    """Refuse serial ports, consoles and smartcards that QEMU does not have."""
    if state.serials or state.consoles or state.smartcards:
        from devaddr_xml.engine.check.chardevs import check_chardevs

        check_chardevs(state)


def check_videos(state: State) -> None:
    """Refuse video devices that QEMU does not have or that cannot be together."""
    if state.videos:
        from devaddr_xml.engine.check.video import check_videos

        check_videos(state)


def check_memory(state: State) -> None:
    """Refuse memory devices without room, cell or place of their own."""
    if state.memories:
        from devaddr_xml.engine.check.memory import check_memory

        check_memory(state)


def check_nodesets(state: State) -> None:
    """Warn of a cell that ACPI ties to a host device, and that the guest does not have or another device has too."""
    if state.hostdevs:
        from devaddr_xml.engine.check.nodesets import check_nodesets

        check_nodesets(state)


CHECKS: tuple[Callable[[State], None], ...] = (
    check_domain,
    check_machine_support,
    check_abilities,
    check_disks,
    check_drives,
    check_controllers,
    check_pci_options,
    check_hostdevs,
    check_chardevs,
    check_videos,
    check_memory,
    check_addresses,
    check_topology,
    check_nodes,
    check_nodesets,
    check_sections,
)


def check_guest(state: State) -> None:
    """Refuse a guest that libvirt refuses, or that the policy in force does not allow; raises DevaddrError.

    The guest is finished: every device has its model and its address. Nothing changes here.
    """
    for check in CHECKS:
        check(state)
