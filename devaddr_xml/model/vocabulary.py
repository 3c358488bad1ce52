"""The hint vocabulary as one table: every tunable and hint, its values, its default, and where it means what.

The parsers, the validator, the grammars, the ``hints`` command and the documentation all read this table.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from devaddr_xml.model.policy import LAYOUT_VERSION

NAMESPACE = "urn:devaddr-xml:hints:1"
PREFIX = "devaddr"

MachineKind = Literal["express", "conventional", "pseries", "slotless"]

#: What a machine offers for placing devices, and the machines that are so.
MACHINE_KINDS: dict[MachineKind, str] = {
    "express": "PCI Express machines: q35, and virt of aarch64, armv7l, riscv64 and loongarch64",
    "conventional": "machines with conventional PCI only: i440fx, malta, mac99, versatilepb and the like",
    "pseries": "pSeries, whose PCI buses are host bridges side by side",
    "slotless": "s390x, and machines without PCI slots such as isapc and microvm",
}

#: Above any number of places that a PCI domain can have, and of NUMA cells.
MANY = 65535
#: The longest name, as long as the longest path.
LONGEST_NAME = 4096


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One name of the vocabulary.

    A value is one of ``words``, or an integer within ``numbers`` (lowest, highest), or, with ``text``, any name that is
    not longer than ``LONGEST_NAME``.
    default: what holds when nothing is said, as text. where: for each kind of machine on which the name means
    something, what it means there. barred: the words that can mean nothing on a kind of machine. field: the name as a
    Python identifier.
    """

    name: str
    meaning: str
    words: tuple[str, ...] = ()
    numbers: tuple[int, int] | None = None
    text: bool = False
    default: str | None = None
    where: dict[MachineKind, str] = {}
    barred: dict[MachineKind, tuple[str, ...]] = {}
    field: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "field", self.name.replace("-", "_"))

    @property
    def values(self) -> str:
        """The values in words, such as ``a number from 1 to 255, or libvirt``."""
        parts = ["any name"] if self.text else list(self.words)
        if self.numbers:
            low, high = self.numbers
            parts.insert(0, str(low) if low == high else f"a number from {low} to {high}")
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _everywhere(meaning: str) -> dict[MachineKind, str]:
    """The same meaning on every kind of machine."""
    return dict.fromkeys(MACHINE_KINDS, meaning)


VERSION = Term(
    name="version",
    meaning="the version of the layout rules, written into the output",
    numbers=(1, LAYOUT_VERSION),
    default=str(LAYOUT_VERSION),
    where=_everywhere("the rules by which the document was laid out, and is from then on"),
)

TUNABLES: tuple[Term, ...] = (
    Term(
        name="profile",
        meaning="a named set of the tunables below",
        words=("libvirt", "hotplug", "integrated", "packed"),
        default="libvirt",
        where=_everywhere("gives every tunable that is not set by itself"),
    ),
    Term(
        name="spare-ports",
        meaning="how many free hotpluggable places for one more PCI device the finished domain offers",
        words=("libvirt", "kubevirt"),
        numbers=(0, MANY),
        default="libvirt",
        where={
            "express": "free root ports",
            "conventional": "free hotpluggable slots; a pci-bridge is added until there are enough",
            "pseries": "free slots of host bridges and of pci-bridges on them",
        },
    ),
    Term(
        name="port-hotplug",
        meaning="what root ports and downstream ports say of hotplug: nothing, on, off, or off where occupied",
        words=("default", "on", "off", "spare-only"),
        default="default",
        where={"express": "the hotplug attribute of the ports"},
    ),
    Term(
        name="packing",
        meaning="a slot for every device, or up to eight that need not be hotpluggable as functions of one slot",
        words=("separate", "functions"),
        default="separate",
        where={
            "express": "functions 0 to 7 behind one port",
            "conventional": "functions 0 to 7 of one slot",
            "pseries": "functions 0 to 7 of one slot",
        },
    ),
    Term(
        name="pcie-placement",
        meaning="where a PCI Express device goes that says nothing itself",
        words=("root-port", "root-complex", "switch"),
        default="root-port",
        where={"express": "behind a root port; on pcie.0, not hotpluggable; or behind the ports of a switch"},
    ),
    Term(
        name="legacy-placement",
        meaning="where a conventional PCI device of a PCI Express machine goes",
        words=("bridge", "root-complex"),
        default="bridge",
        where={"express": "behind a pcie-to-pci-bridge, or on pcie.0"},
    ),
    Term(
        name="numa",
        meaning="a node that cannot be had is an error, or a warning; or nodes are ignored",
        words=("strict", "prefer", "off"),
        default="strict",
        where=_everywhere("also how strict other wishes are taken that the machine cannot fulfil"),
    ),
    Term(
        name="scsi-units",
        meaning="disks on a SCSI controller before the next one is made; with a number it has the first one's model",
        words=("libvirt",),
        numbers=(1, 255),
        default="libvirt",
        where=_everywhere("SCSI controllers of any model"),
    ),
    Term(
        name="overflow",
        meaning="what happens when bus numbers or places for ports run out",
        words=("error", "pack"),
        default="error",
        where={
            "express": "an error, or devices that need not be hotpluggable become functions, eight to a port",
            "conventional": "an error, or functions of one slot",
            "pseries": "an error, or functions of one slot",
        },
    ),
    Term(
        name="topology",
        meaning="whether host PCI devices stand to each other in the guest as they do on the host",
        words=("flat", "mirror"),
        default="flat",
        where={
            "express": "cells, root complexes, switches of any depth and functions as the host facts have them",
            "conventional": "cells, root complexes and functions; there are no switches",
            "pseries": "cells, root complexes (a host bridge for each) and functions; there are no switches",
        },
    ),
    Term(
        name="extra-cells",
        meaning="what becomes of a host NUMA node that has a passed-through device and no guest cell",
        words=("refuse", "add"),
        default="refuse",
        where={
            "express": "an error or a warning, as numa says; or a guest cell without vCPUs is added for it",
            "conventional": "an error or a warning, as numa says; or a guest cell without vCPUs is added for it",
            "pseries": "an error or a warning, as numa says; or a guest cell without vCPUs is added for it",
        },
    ),
    Term(
        name="iommu",
        meaning="whether each expander bus with host devices below it has an smmuv3 of its own",
        words=("given", "per-root-complex"),
        default="given",
        where={
            "express": "virt of aarch64 and libvirt 11.10: copies of the smmuv3 that the guest has, pciBus filled in"
        },
    ),
    Term(
        name="slot-reuse",
        meaning="whether a new device may have the place of one that was removed, or one in front of others",
        words=("lowest", "never"),
        default="lowest",
        where={
            "express": "never: behind a port after all that are or were in use; the policy remembers them",
            "conventional": "never: a slot after all that are or were in use; the policy remembers them",
            "pseries": "never: a slot after all that are or were in use; the policy remembers them",
        },
    ),
    Term(
        name="spare-slots",
        meaning="how many free hotpluggable slots for conventional PCI devices the finished domain offers",
        numbers=(0, MANY),
        default="0",
        where={
            "express": "free slots of pcie-to-pci-bridges",
            "conventional": "as spare-ports",
            "pseries": "as spare-ports",
        },
    ),
    Term(
        name="spare-usb-ports",
        meaning="how many free ports of USB controllers that take any speed the finished domain offers",
        numbers=(0, 255),
        default="0",
        where={
            "express": "ports of xhci controllers; a qemu-xhci is added until there are enough",
            "conventional": "ports of xhci controllers; a qemu-xhci is added until there are enough",
            "pseries": "ports of xhci controllers; a qemu-xhci is added until there are enough",
        },
    ),
    Term(
        name="mmio-window",
        meaning="whether the 64-bit PCI hole is made large enough for the BARs that the host facts name",
        words=("given", "fit"),
        default="given",
        where={
            "express": "pcihole64 of the root (q35; virt of aarch64 where libvirt can set it)",
            "conventional": "pcihole64 of the root (i440fx)",
        },
    ),
)

HINTS: tuple[Term, ...] = (
    Term(
        name="node",
        meaning="the guest NUMA cell to which the device belongs",
        numbers=(0, MANY),
        where={
            "express": "below a pcie-expander-bus of that cell (q35 and virt of aarch64 and armv7l)",
            "conventional": "below a pci-expander-bus of that cell (i440fx)",
            "pseries": "on a host bridge of that cell",
        },
    ),
    Term(
        name="root-complex",
        meaning="devices with different names never share an expander bus, even on one node",
        text=True,
        where={
            "express": "an expander bus for each name (q35 and virt of aarch64 and armv7l)",
            "conventional": "an expander bus for each name (i440fx)",
            "pseries": "a host bridge for each name",
        },
    ),
    Term(
        name="hotplug",
        meaning="whether the device shall sit where it can be unplugged, or leave such places to others",
        words=("yes", "no"),
        where={
            "express": "yes: alone behind a port that allows it; no: its port says hotplug off",
            "conventional": "yes: alone in a slot of a hotpluggable bus; no: may share a slot",
            "pseries": "yes: alone in a slot of a host bridge; no: may share a slot",
            "slotless": "yes: channel devices can be unplugged anyway",
        },
        barred={"slotless": ("no",)},
    ),
    Term(
        name="placement",
        meaning="where the device goes, whatever the global placement is",
        words=("root-port", "root-complex", "switch", "bridge"),
        where={
            "express": "behind a root port, on pcie.0, behind a port of a switch, or behind a bridge",
            "conventional": "root-complex: on pci.0; bridge: behind a pci-bridge",
            "pseries": "root-complex: on pci.0; bridge: behind a pci-bridge",
        },
        barred={"conventional": ("root-port", "switch"), "pseries": ("root-port", "switch")},
    ),
    Term(
        name="bus",
        meaning="the kind of bus, for a device that can be on either",
        words=("pcie", "pci"),
        where={
            "express": "a PCI Express bus or a conventional one",
            "conventional": "pci is all there is",
            "pseries": "pci is all there is",
        },
        barred={"conventional": ("pcie",), "pseries": ("pcie",)},
    ),
    Term(
        name="slot-group",
        meaning="devices with the same name are functions of one slot, eight at most",
        text=True,
        where={
            "express": "functions behind one port",
            "conventional": "functions of one slot",
            "pseries": "functions of one slot",
        },
    ),
    Term(
        name="bus-group",
        meaning="devices with the same name share a bus that no other device uses",
        text=True,
        where={
            "express": "a switch of their own, or a bridge; A/B is a switch B below a port of the switch A",
            "conventional": "a pci-bridge of their own",
            "pseries": "a bridge of their own",
        },
    ),
    Term(
        name="own-bus",
        meaning="no other endpoint on the bus of the device",
        words=("yes",),
        where={
            "express": "a port, or for a conventional device a bridge, of its own",
            "conventional": "a pci-bridge of its own",
            "pseries": "a bridge of its own",
        },
    ),
    Term(
        name="port-hotplug",
        meaning="the hotplug attribute of the port of the device",
        words=("on", "off"),
        where={"express": "of the nearest root port or downstream port above it"},
    ),
    Term(
        name="pci-bus-of",
        meaning="the device whose expander bus, or root, an smmuv3 serves: its pciBus is filled in",
        text=True,
        where={"express": "virt of aarch64 and libvirt 11.10"},
    ),
)

REFERENCE = Term(
    name="ref",
    meaning="the device that is meant: alias, MAC, target, source, TYPE.INDEX or TAG[N]; or all of a selector, TAG[*]",
    text=True,
)

OPTIONAL = Term(name="optional", meaning="there may be no such device", words=("yes",))

SPARE: tuple[Term, ...] = (
    Term(name="node", meaning="the guest NUMA cell that gets the free ports", numbers=(0, MANY)),
    Term(name="ports", meaning="how many free hotpluggable ports", numbers=(0, MANY)),
)

USED: tuple[Term, ...] = (
    Term(name="slots", meaning="PCI slots that were in use, BB:SS each, with slot-reuse never", text=True),
)

#: The attributes of the policy, and those of each kind of its children, with the ones that a child must have.
POLICY: tuple[Term, ...] = (VERSION, *TUNABLES)
CHILDREN: dict[str, tuple[Term, ...]] = {"spare": SPARE, "device": (REFERENCE, OPTIONAL, *HINTS), "used": USED}
REQUIRED: dict[str, tuple[str, ...]] = {"spare": ("node", "ports"), "device": ("ref",), "used": ("slots",)}


class Contradiction(msgspec.Struct, frozen=True):
    """Two hints that exclude each other on one device; no value means any.

    kinds: on these machines only; none means on all. unless: the hint that reconciles them.
    """

    first: str
    first_value: str | None
    second: str
    second_value: str | None
    reason: str
    kinds: tuple[MachineKind, ...] = ()
    unless: str | None = None


_INTEGRATED = "a device on the root complex has no port and shares the bus with every other such device"
_NO_NODE = "the root complex belongs to no node and to no named root complex"
_ONE_PORT = "a bus behind a root port has one slot only"

CONTRADICTIONS: tuple[Contradiction, ...] = (
    Contradiction("slot-group", None, "hotplug", "yes", "functions of one slot cannot be unplugged one by one"),
    Contradiction("slot-group", None, "own-bus", "yes", "the other functions of the slot are on the same bus"),
    Contradiction("bus-group", None, "own-bus", "yes", "a bus cannot be shared and unshared"),
    Contradiction("hotplug", "yes", "port-hotplug", "off", "the port would not let the device go"),
    Contradiction("hotplug", "no", "port-hotplug", "on", "the port of a device that stays says off"),
    Contradiction(
        "placement", "root-complex", "hotplug", "yes", "nothing on pcie.0 is hotpluggable", kinds=("express",)
    ),
    Contradiction("placement", "root-complex", "node", None, _NO_NODE),
    Contradiction("placement", "root-complex", "root-complex", None, _NO_NODE),
    Contradiction("placement", "root-complex", "own-bus", "yes", _INTEGRATED),
    Contradiction("placement", "root-complex", "bus-group", None, _INTEGRATED),
    Contradiction("placement", "root-complex", "port-hotplug", None, _INTEGRATED),
    Contradiction("placement", "root-port", "bus-group", None, _ONE_PORT, unless="slot-group"),
    Contradiction("placement", "root-port", "bus", "pci", "behind a root port is PCI Express"),
    Contradiction("placement", "switch", "bus", "pci", "behind a switch is PCI Express"),
    Contradiction("placement", "bridge", "bus", "pcie", "behind a bridge is conventional PCI"),
)
