"""The policy: global tunables, spare ports a node, and hints for devices that are named by reference."""

from __future__ import annotations

from typing import Literal

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
    """Every global tunable with its value in force (hint vocabulary, section 2)."""

    spare_ports: int | Literal["libvirt", "kubevirt"] = "libvirt"
    port_hotplug: PortHotplug = "default"
    packing: Packing = "separate"
    pcie_placement: PciePlacement = "root-port"
    legacy_placement: LegacyPlacement = "bridge"
    numa: NumaMode = "strict"
    scsi_units: int | Literal["libvirt"] = "libvirt"
    overflow: Overflow = "error"
    topology: Topology = "flat"
    extra_cells: ExtraCells = "refuse"
    iommu: IommuMode = "given"
    slot_reuse: SlotReuse = "lowest"
    spare_slots: int = 0
    spare_usb_ports: int = 0
    mmio_window: MmioWindow = "given"
    naming_scheme: NamingScheme = "v255"

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
    used: PCI slots that were in use at some time, ``BB:SS``, under ``slot_reuse="never"``.
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
