"""The answers of our own layouts, for guests whose policy asks for more than libvirt's layout, by version of the layout
rules."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import LIBVIRT_TUNABLES, Policy, Tunables

if TYPE_CHECKING:
    from devaddr_xml.model.policy import MachineKind

#: The topics of a policy: where in the PCI tree a device goes, which devices share slots, what is on bus 0 itself, how
#: many places are free, which ports have hotplug, what happens when places run out, and on which NUMA cell host devices
#: are. With any of these, the places that QEMU's command line uses stay free.
Topic = Literal["regions", "sharing", "bus-0", "spares", "hotplug", "overflow", "cells", "foreign"]

_PLACES: frozenset[Topic] = frozenset({"regions", "sharing", "bus-0", "spares"})
_PORTS: frozenset[Topic] = _PLACES | {"hotplug"}
EVERYTHING: frozenset[Topic] = _PORTS | {"overflow", "cells"}


class Row(msgspec.Struct, frozen=True):
    """One answer of ours: its first version, its topics, and the reason. It applies if a policy is about one of the
    topics."""

    since: int
    topics: AbstractSet[Topic]
    question: str
    answer: Any
    why: str


#: By version, oldest first.
ROWS: tuple[Row, ...] = (
    Row(1, _PORTS, "separate_regions", True, "a device without node is never below an expander bus of a cell"),
    Row(1, _PLACES, "exact_trial", True, "the number of free places is exact"),
    Row(1, _PLACES, "controllers_placed_at_once", True, "controllers of several regions compete for bus numbers"),
    Row(1, _PLACES, "bridge_shares_free_port", True, "ports are not added while one is free"),
    Row(1, _PLACES, "bus_0_for_its_own", True, "bridges make room for others, nothing does for these"),
    Row(1, _PLACES, "bridges_hang_below_lower", True, "no bridge comes to sit below itself"),
    Row(1, _PORTS | {"overflow"}, "bus_numbers_limited", True, "firmware finds 256 buses"),
    Row(1, _PORTS, "expanders_as_wide_as_needed", True, "bus numbers of two trees never overlap"),
    Row(1, frozenset({"spares", "hotplug"}), "ports_for_hotplug", True, "ports without hotplug are left to who asks"),
    Row(1, _PLACES, "multifunction_from_the_start", True, "adding a device changes none that was there"),
    Row(1, _PORTS, "unusable_refused", True, "a policy is for guests that run"),
    Row(1, _PORTS | {"cells"}, "host_nodes_used", True, "whoever asks for more than libvirt's layout wants locality"),
    Row(1, _PORTS, "controllers_added_by", "policy", "the policy decides how many there are"),
    Row(1, frozenset({"foreign"}), "foreign_kept_clear", True, "a policy is for guests that run"),
    Row(2, frozenset({"sharing"}), "slot_groups_as_on_host", True, "a driver looks for the first function of its card"),
    Row(2, _PLACES, "new_controllers_behind", True, "adding a port renames no network interface in the guest"),
)

#: The topics of each hint of a device.
_HINT_TOPICS: dict[str, AbstractSet[Topic]] = {
    "node": {"regions"},
    "root_complex": {"regions"},
    "placement": {"regions", "bus-0"},
    "bus": {"regions"},
    "bus_group": {"regions"},
    "own_bus": {"regions"},
    "slot_group": {"sharing"},
    "hotplug": {"regions", "hotplug"},
    "port_hotplug": {"regions", "hotplug"},
}


def answers(version: int, topics: AbstractSet[Topic]) -> dict[str, Any]:
    """The answers of one version of the layout rules for the topics of a policy."""
    return {row.question: row.answer for row in ROWS if row.since <= version and topics & row.topics}


def topics_of(
    version: int, policy: Policy, tunables: Tunables, hints: list[Hints], kind: MachineKind
) -> AbstractSet[Topic]:
    """The topics of a guest's policy.

    version: of the layout rules; in version 1 any tunable is about every topic. hints: of the guest's devices.
    """
    if version == 1:
        layout = msgspec.structs.replace(tunables, naming_scheme=LIBVIRT_TUNABLES.naming_scheme)
        asks = layout != LIBVIRT_TUNABLES or policy.spares or policy.devices or hints
        return EVERYTHING if asks else {"cells"} if policy.numa is not None else set()
    found = _of_tunables(tunables, kind)
    if policy.spares:
        found |= {"regions", "spares"}
    for each in hints:
        for name, topics in _HINT_TOPICS.items():
            if getattr(each, name) is not None:
                found |= topics
    if policy.numa is not None:
        found.add("cells")
    return found


def _of_tunables(tunables: Tunables, kind: MachineKind) -> set[Topic]:
    """The topics of the tunables on a kind of machine."""
    found: set[Topic] = set()
    if kind == "slotless":
        return found
    express = kind == "express"
    if tunables.spare_ports != "libvirt" and (express or tunables.spare_ports):
        found.add("spares")
    if tunables.spare_slots:
        found.add("spares")
    if tunables.overflow == "pack":
        found.add("overflow")
    if tunables.packing != "separate":
        found.add("sharing")
    if express and tunables.port_hotplug != "default":
        found.add("hotplug")
    if express and tunables.pcie_placement == "switch":
        found.add("regions")
    if (express and tunables.pcie_placement == "root-complex") or tunables.legacy_placement == "root-complex":
        found.add("bus-0")
    return found
