"""The last pass: refuse what libvirt refuses once everything has its place, and what nobody can use.

One module for each subject, each with the tables of its rules.
"""

from __future__ import annotations

from collections.abc import Callable

from devaddr_xml.engine.check.abilities import check_abilities
from devaddr_xml.engine.check.addresses import check_addresses
from devaddr_xml.engine.check.chardevs import check_chardevs
from devaddr_xml.engine.check.controllers import check_controllers
from devaddr_xml.engine.check.disks import check_disks
from devaddr_xml.engine.check.domain import check_domain
from devaddr_xml.engine.check.drives import check_drives
from devaddr_xml.engine.check.host_functions import check_host_functions
from devaddr_xml.engine.check.hostdevs import check_hostdevs
from devaddr_xml.engine.check.machine_support import check_machine_support
from devaddr_xml.engine.check.memory import check_memory
from devaddr_xml.engine.check.nodes import check_nodes
from devaddr_xml.engine.check.nodesets import check_nodesets
from devaddr_xml.engine.check.pci_options import check_pci_options
from devaddr_xml.engine.check.qemu_limits import check_sections
from devaddr_xml.engine.check.topology import check_topology
from devaddr_xml.engine.check.video import check_videos
from devaddr_xml.engine.state import State

CHECKS: tuple[Callable[[State], None], ...] = (
    check_domain,
    check_machine_support,
    check_abilities,
    check_disks,
    check_drives,
    check_controllers,
    check_pci_options,
    check_hostdevs,
    check_host_functions,
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
    """Refuse a guest that libvirt refuses, or that the policy in force does not let pass; raises DevaddrError.

    The guest is finished: every device has its model and its address, and nothing is changed here.
    """
    for check in CHECKS:
        check(state)
