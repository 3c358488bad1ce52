"""The policy: global tunables, spare ports a node, and hints for devices that are named by reference."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from devaddr_xml.model.hints import Hints

LAYOUT_VERSION = 2

ProfileName = Literal["libvirt", "hotplug", "integrated", "packed"]
PortHotplug = Literal["default", "on", "off", "spare-only"]
Packing = Literal["separate", "functions"]
PciePlacement = Literal["root-port", "root-complex", "switch"]
LegacyPlacement = Literal["bridge", "root-complex"]
NumaMode = Literal["strict", "prefer", "off"]
Overflow = Literal["error", "pack"]
Topology = Literal["flat", "mirror"]
ExtraCells = Literal["refuse", "add"]
IommuMode = Literal["given", "per-root-complex"]
SlotReuse = Literal["lowest", "never"]
MmioWindow = Literal["given", "fit"]
NamingScheme = Literal["v247", "v249", "v250", "v251", "v252", "v253", "v254", "v255", "v257", "v258", "v259", "v260"]
MachineKind = Literal["express", "conventional", "pseries", "slotless"]

#: More than a PCI domain has places, and more than a guest has NUMA cells.
MANY = 65535
#: A port reserves less than 4 GiB (QEMU hw/pci/pci_bridge.c), in KiB.
LARGEST_RESERVE = (4 << 20) - 1


class Tunable(msgspec.Struct, frozen=True, kw_only=True):
    """What the vocabulary says of a tunable beside its name, its words and its default.

    meaning: what it is, one sentence without a full stop. numbers: the lowest and the highest that it takes, if any.
    unit: what they count, if that has a sign. host_device: whether it also takes the address of a device of the host.
    where: for each kind of machine on which it has an effect, what the effect is; a text where that is the same on all.
    """

    meaning: str
    numbers: tuple[int, int] | None = None
    unit: str = ""
    host_device: bool = False
    where: dict[MachineKind, str] | str


class Spare(msgspec.Struct, frozen=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """Free hotpluggable root ports on the expander bus of one guest NUMA node (from 0).

    mem_reserve: the memory window that each port keeps for a device, in KiB, or the host address of the device.
    """

    node: int
    ports: int
    line: int | None = None
    mem_reserve: int | str | None = None


class DeviceHints(Hints, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """Hints for the device that ``ref`` names (alias, MAC, target, source address, TYPE.INDEX or TAG[N]).

    A selector (``disk[*]``, ``interface[model=virtio]``, ``*[bus=virtio]``) names every device that fits. optional:
    there may be no such device. overriding: these come from outside the document and win over what the document says
    of the device.
    """

    ref: str
    optional: Literal["yes"] | None = None
    line: int | None = None
    overriding: bool = False


class Tunables(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Every global tunable with its value in force; a row says all that the vocabulary has of it, in its order."""

    spare_ports: Annotated[
        int | Literal["libvirt", "kubevirt"],
        Tunable(
            meaning="the number of free hotpluggable places for PCI devices in the completed domain",
            numbers=(0, MANY),
            where={
                "express": "free root ports",
                "conventional": "free hotpluggable slots; a pci-bridge is added until there are enough",
                "pseries": "free slots of host bridges and of pci-bridges on them",
            },
        ),
    ] = "libvirt"
    port_hotplug: Annotated[
        PortHotplug,
        Tunable(
            meaning="the hotplug attribute of root ports and downstream ports",
            where={"express": "default: not written; on; off; spare-only: off for occupied ports, on for free ports"},
        ),
    ] = "default"
    packing: Annotated[
        Packing,
        Tunable(
            meaning="whether each device has a slot of its own, or up to eight devices share a slot as functions",
            where={
                "express": "functions: functions 0 to 7 behind one port",
                "conventional": "functions: functions 0 to 7 of one slot",
                "pseries": "functions: functions 0 to 7 of one slot",
            },
        ),
    ] = "separate"
    pcie_placement: Annotated[
        PciePlacement,
        Tunable(
            meaning="where a PCI Express device goes if it has no placement hint",
            where={
                "express": "root-port: behind a root port; root-complex: on pcie.0; switch: behind a port of a switch"
            },
        ),
    ] = "root-port"
    legacy_placement: Annotated[
        LegacyPlacement,
        Tunable(
            meaning="where a conventional PCI device goes on a PCI Express machine",
            where={"express": "bridge: behind a pcie-to-pci-bridge; root-complex: on pcie.0, not hotpluggable"},
        ),
    ] = "bridge"
    numa: Annotated[
        NumaMode,
        Tunable(
            meaning="whether an unmet hint is an error or a warning, and whether nodes count",
            where=(
                "strict: an error; prefer: a warning and an ordinary place; "
                "off: nodes are ignored, other unmet hints are warnings"
            ),
        ),
    ] = "strict"
    scsi_units: Annotated[
        int | Literal["libvirt"],
        Tunable(
            meaning="the number of disks on a SCSI controller; for more disks the next controller is added",
            numbers=(1, 255),
            where="for SCSI controllers of any model",
        ),
    ] = "libvirt"
    overflow: Annotated[
        Overflow,
        Tunable(
            meaning="what happens when bus numbers or places for ports run out",
            where={
                "express": (
                    "error: an error; pack: devices that need not be hotpluggable become functions, eight to a port"
                ),
                "conventional": "error: an error; pack: devices become functions of one slot",
                "pseries": "error: an error; pack: devices become functions of one slot",
            },
        ),
    ] = "error"
    topology: Annotated[
        Topology,
        Tunable(
            meaning="whether passed-through devices are arranged in the guest as on the host",
            where={
                "express": "mirror: cells, root complexes, switches of any depth and functions, from the host facts",
                "conventional": "mirror: cells, root complexes and functions; there are no switches",
                "pseries": (
                    "mirror: cells, root complexes (a host bridge for each) and functions; there are no switches"
                ),
            },
        ),
    ] = "flat"
    extra_cells: Annotated[
        ExtraCells,
        Tunable(
            meaning="what happens if no guest cell belongs to the host NUMA node of a passed-through device",
            where={
                "express": "refuse: an error or a warning, as numa decides; add: a guest cell without vCPUs is added",
                "conventional": (
                    "refuse: an error or a warning, as numa decides; add: a guest cell without vCPUs is added"
                ),
                "pseries": "refuse: an error or a warning, as numa decides; add: a guest cell without vCPUs is added",
            },
        ),
    ] = "refuse"
    iommu: Annotated[
        IommuMode,
        Tunable(
            meaning="whether each expander bus with passed-through devices gets an smmuv3 of its own",
            where={"express": "virt of aarch64, libvirt 11.10 or newer: copies of the guest's smmuv3, with pciBus"},
        ),
    ] = "given"
    slot_reuse: Annotated[
        SlotReuse,
        Tunable(
            meaning="whether a new device may take the slot of a removed device, or a slot in front of others",
            where={
                "express": "never: a port after all that are or were in use; the policy lists them",
                "conventional": "never: a slot after all that are or were in use; the policy lists them",
                "pseries": "never: a slot after all that are or were in use; the policy lists them",
                "slotless": "never, on s390x: a channel number after all that are or were in use; the policy lists "
                "them",
            },
        ),
    ] = "lowest"
    spare_slots: Annotated[
        int,
        Tunable(
            meaning="the number of free hotpluggable slots for conventional PCI devices in the completed domain",
            numbers=(0, MANY),
            where={
                "express": "free slots of pcie-to-pci-bridges",
                "conventional": "the same as spare-ports",
                "pseries": "the same as spare-ports",
            },
        ),
    ] = 0
    spare_usb_ports: Annotated[
        int,
        Tunable(
            meaning="the number of free ports of USB 3 controllers in the completed domain",
            numbers=(0, 255),
            where={
                "express": "ports of xhci controllers; a qemu-xhci is added until there are enough",
                "conventional": "ports of xhci controllers; a qemu-xhci is added until there are enough",
                "pseries": "ports of xhci controllers; a qemu-xhci is added until there are enough",
            },
        ),
    ] = 0
    mmio_window: Annotated[
        MmioWindow,
        Tunable(
            meaning="whether the 64-bit PCI hole is made large enough for the BARs that the host facts list",
            where={
                "express": "pcihole64 of the root (q35; virt of aarch64 where libvirt can set it)",
                "conventional": "pcihole64 of the root (i440fx)",
            },
        ),
    ] = "given"
    mem_reserve: Annotated[
        int | str,
        Tunable(
            meaning="the memory window below 4 GiB that each free port outside NUMA cells reserves (memReserve): its "
            "size, or the host device whose BARs must fit into it",
            numbers=(0, LARGEST_RESERVE),
            unit="KiB",
            host_device=True,
            where={"express": "memReserve of pcie-root-port, libvirt 11.3 or newer"},
        ),
    ] = 0
    naming_scheme: Annotated[
        NamingScheme,
        Tunable(
            meaning="the naming scheme of systemd in the Linux guest, which decides the names of interfaces",
            where={
                "express": (
                    "v257 and newer: every bridge's slots name interfaces; before: one slot of each number (q35)"
                ),
                "conventional": (
                    "v257 and newer: every bridge's slots name interfaces; before: one slot of each number"
                ),
                "pseries": "the same names in every scheme",
                "slotless": (
                    "v249 and newer: the zPCI function id gives the number; before: no name is predicted (s390x)"
                ),
            },
        ),
    ] = "v255"

    @property
    def counted_units(self) -> int | None:
        """How many disks a SCSI controller has at the most, where the policy counts them; unset: target names say."""
        return self.scsi_units if isinstance(self.scsi_units, int) else None

    @property
    def one_port_kept(self) -> bool:
        """Whether a guest that gets its first ports also gets libvirt's one port in reserve."""
        return self.spare_ports == "libvirt"


LIBVIRT_TUNABLES = Tunables()

PROFILES: dict[ProfileName, Tunables] = {
    "libvirt": LIBVIRT_TUNABLES,
    "hotplug": Tunables(spare_ports="kubevirt", port_hotplug="spare-only", overflow="pack"),
    "integrated": Tunables(spare_ports=0, pcie_placement="root-complex", legacy_placement="root-complex"),
    "packed": Tunables(
        spare_ports=0, port_hotplug="off", packing="functions", legacy_placement="root-complex", overflow="pack"
    ),
}


class Policy(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    rename="kebab",
    forbid_unknown_fields=True,
):
    """What was asked for, in one place; an unset tunable comes from the profile.

    version: the version of the layout rules. spares: free ports for each node. devices: hints by reference.
    used: PCI slots, ``BB:SS``, and channel numbers, ``fe.0.DDDD``, that were in use at some time, under
    ``slot_reuse="never"``.
    line: of its element in the document, from 1.
    """

    version: int | None = None
    profile: ProfileName | None = None
    spare_ports: int | Literal["libvirt", "kubevirt"] | None = None
    port_hotplug: PortHotplug | None = None
    packing: Packing | None = None
    pcie_placement: PciePlacement | None = None
    legacy_placement: LegacyPlacement | None = None
    numa: NumaMode | None = None
    scsi_units: int | Literal["libvirt"] | None = None
    overflow: Overflow | None = None
    topology: Topology | None = None
    extra_cells: ExtraCells | None = None
    iommu: IommuMode | None = None
    slot_reuse: SlotReuse | None = None
    spare_slots: int | None = None
    spare_usb_ports: int | None = None
    used: tuple[str, ...] = ()
    mmio_window: MmioWindow | None = None
    mem_reserve: int | str | None = None
    naming_scheme: NamingScheme | None = None
    spares: tuple[Spare, ...] = ()
    devices: tuple[DeviceHints, ...] = ()
    line: int | None = None

    @property
    def asks_for_spares(self) -> bool:
        """Whether free hotpluggable places are asked for here, and not only by the profile."""
        return self.spare_ports not in (None, 0, "libvirt") or any(spare.ports for spare in self.spares)

    @property
    def asks_for_nothing(self) -> bool:
        """Whether the layout is libvirt's: no hint, no spare port, and the value of every tunable libvirt's."""
        return not self.devices and not self.spares and self.tunables() == LIBVIRT_TUNABLES

    def tunables(self) -> Tunables:
        """The tunables in force: what is set here, else the profile's, else libvirt's.

        Spare ports that are asked for here are hotpluggable, although the profile may turn all ports off; those that
        only the profile asks for are none where all ports are turned off here.
        """
        base = PROFILES[self.profile or "libvirt"]
        given = {name: value for name in Tunables.__struct_fields__ if (value := getattr(self, name)) is not None}
        if base.port_hotplug == "off" and self.port_hotplug is None and self.asks_for_spares:
            given["port_hotplug"] = "spare-only"
        if self.port_hotplug == "off" and self.spare_ports is None and base.spare_ports != "libvirt":
            given["spare_ports"] = 0
        return msgspec.structs.replace(base, **given) if given else base

    def over(self, lower: Policy) -> Policy:
        """This policy on top of ``lower``: what is set here wins; spares and device hints are put together."""
        merged = {
            name: value
            for name in Policy.__struct_fields__
            if name not in ("spares", "devices", "used") and (value := getattr(self, name)) is not None
        }
        merged["used"] = tuple(dict.fromkeys((*lower.used, *self.used)))
        nodes = {spare.node for spare in self.spares}
        merged["spares"] = (*(spare for spare in lower.spares if spare.node not in nodes), *self.spares)
        winning = (msgspec.structs.replace(hints, overriding=True) for hints in self.devices)
        merged["devices"] = (*lower.devices, *winning)
        return msgspec.structs.replace(lower, **merged)


NO_POLICY = Policy()
