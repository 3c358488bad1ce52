"""The hint vocabulary as one table: every tunable and hint, its values, its default, and its effect by machine.

The parsers, the validator, the grammars, the ``hints`` command and the documentation all read this table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args, get_type_hints

import msgspec

from devaddr_xml.model.address import VIRTUAL_CHANNELS
from devaddr_xml.model.policy import LARGEST_RESERVE, LAYOUT_VERSION, MANY, MachineKind, ProfileName, Tunables

NAMESPACE = "urn:devaddr-xml:hints:1"
PREFIX = "devaddr"

#: The kinds of machines by what they offer for devices, with the machines of each kind.
MACHINE_KINDS: dict[MachineKind, str] = {
    "express": "PCI Express machines: q35, and virt of aarch64, armv7l, riscv64 and loongarch64",
    "conventional": "machines with conventional PCI only: i440fx, malta, mac99, versatilepb and others",
    "pseries": "pSeries, whose PCI buses are host bridges side by side",
    "slotless": "s390x, and machines without PCI slots, such as isapc and microvm",
}

#: The longest name, as long as the longest path.
LONGEST_NAME = 4096
#: The address of a PCI device of a host. A host may have more PCI domains than four digits count (Linux numbers those
#: of Intel VMD from 10000).
HOST_ADDRESS = r"([0-9a-f]{4}|[1-9a-f][0-9a-f]{4,7}):[0-9a-f]{2}:[01][0-9a-f]\.[0-7]"
#: A place that is or was in use: of a PCI slot the index of the controller of its bus, and its number; or the channel
#: number of a virtual device.
USED_SLOT = rf"([0-9a-f]{{2}}:[01][0-9a-f]|{re.escape(VIRTUAL_CHANNELS)}[0-9a-f]{{4}})"
_DEVICE_OF_HOST = "the address DDDD:BB:SS.F of a device of the host facts"


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One name of the vocabulary.

    A value is one of ``words``, or an integer within ``numbers`` (lowest, highest), or, with ``text``, any name of at
    most ``LONGEST_NAME`` characters. unit: what the number counts, if that has a sign. pattern: the regular expression
    that such a name matches as a whole; shown: what that is, in words.
    meaning: what it is, one sentence without a full stop.
    default: the value in force without it, as text. where: for each kind of machine on which the name has an effect,
    what the effect is. barred: the words that a kind of machine refuses. field: the name as a Python identifier.
    """

    name: str
    meaning: str
    words: tuple[str, ...] = ()
    numbers: tuple[int, int] | None = None
    unit: str = ""
    text: bool = False
    pattern: str = ""
    shown: str = "any name"
    default: str | None = None
    where: dict[MachineKind, str] = {}
    barred: dict[MachineKind, tuple[str, ...]] = {}
    field: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "field", self.name.replace("-", "_"))

    @property
    def values(self) -> str:
        """The values in words, such as ``a number from 1 to 255, or libvirt``."""
        parts = [self.shown] if self.text else list(self.words)
        if self.numbers:
            low, high = self.numbers
            unit = f" {self.unit}" if self.unit else ""
            parts.insert(0, f"{low}{unit}" if low == high else f"a number from {low} to {high}{unit}")
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _everywhere(meaning: str) -> dict[MachineKind, str]:
    """The same meaning on every kind of machine."""
    return dict.fromkeys(MACHINE_KINDS, meaning)


VERSION = Term(
    name="version",
    meaning="the version of the layout rules; every run writes it into the output",
    numbers=(1, LAYOUT_VERSION),
    default=str(LAYOUT_VERSION),
    where=_everywhere("every later run follows the rules of this version"),
)


def _words(allowed: object) -> tuple[str, ...]:
    """The words that a type allows."""
    return tuple([word for part in get_args(allowed) for word in ((part,) if isinstance(part, str) else _words(part))])


def _tunables() -> Iterator[Term]:
    types = get_type_hints(Tunables, include_extras=True)
    for field, default in zip(Tunables.__struct_fields__, Tunables.__struct_defaults__, strict=True):
        allowed, row = get_args(types[field])
        yield Term(
            name=field.replace("_", "-"),
            meaning=row.meaning,
            words=_words(allowed),
            numbers=row.numbers,
            unit=row.unit,
            text=row.host_device,
            pattern=HOST_ADDRESS if row.host_device else "",
            shown=_DEVICE_OF_HOST,
            default=str(default),
            where=_everywhere(row.where) if isinstance(row.where, str) else row.where,
        )


#: The profile, and the rows of `Tunables`.
TUNABLES: tuple[Term, ...] = (
    Term(
        name="profile",
        meaning="a named set of tunables",
        words=_words(ProfileName),
        default="libvirt",
        where=_everywhere("sets every tunable that the policy does not set itself"),
    ),
    *_tunables(),
)

HINTS: tuple[Term, ...] = (
    Term(
        name="node",
        meaning="the guest NUMA cell of the device",
        numbers=(0, MANY),
        where={
            "express": "below a pcie-expander-bus of that cell (q35 and virt of aarch64 and armv7l)",
            "conventional": "below a pci-expander-bus of that cell (i440fx)",
            "pseries": "on a host bridge of that cell",
        },
    ),
    Term(
        name="root-complex",
        meaning="devices with different names never share an expander bus, even on one cell",
        text=True,
        where={
            "express": "an expander bus for each name (q35 and virt of aarch64 and armv7l)",
            "conventional": "an expander bus for each name (i440fx)",
            "pseries": "a host bridge for each name",
        },
    ),
    Term(
        name="hotplug",
        meaning="whether the device can be unplugged from the running guest",
        words=("yes", "no"),
        where={
            "express": "yes: alone behind a hotpluggable port; no: its port has hotplug off",
            "conventional": "yes: alone in a slot of a hotpluggable bus; no: may share a slot",
            "pseries": "yes: alone in a slot of a host bridge; no: may share a slot",
            "slotless": "yes: no effect, since channel devices can always be unplugged",
        },
        barred={"slotless": ("no",)},
    ),
    Term(
        name="placement",
        meaning="where the device goes; the hint overrides pcie-placement",
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
        meaning="the kind of bus, for a device that works on both",
        words=("pcie", "pci"),
        where={
            "express": "a PCI Express bus or a conventional one",
            "conventional": "pci: no effect, since every bus is conventional",
            "pseries": "pci: no effect, since every bus is conventional",
        },
        barred={"conventional": ("pcie",), "pseries": ("pcie",)},
    ),
    Term(
        name="slot-group",
        meaning="devices with the same name are functions of one slot, eight at most; host devices are in the order "
        "of their host addresses",
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
        meaning="no other endpoint is on the bus of the device",
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
        name="name",
        meaning="the name that systemd in a Linux guest gives the interface",
        text=True,
        shown="a name such as enp3s0, ens5, ens5f1 or eno7",
        where={
            "express": "a place that gives the name; for eno7 an ACPI index (q35); for ens5 a slot of a bridge",
            "conventional": "a place that gives the name; for eno7 an ACPI index (i440fx)",
            "pseries": "a place that gives the name",
            "slotless": "the place does not change, and must give the name",
        },
    ),
    Term(
        name="pci-bus-of",
        meaning="a device below the root complex that this smmuv3 serves; pciBus is filled in",
        text=True,
        shown="a device reference",
        where={"express": "virt of aarch64, libvirt 11.10 or newer"},
    ),
)

REFERENCE = Term(
    name="ref",
    meaning="the device: alias, MAC, target, source, TYPE.INDEX or TAG[N]; or a selector such as TAG[*] for several",
    text=True,
)

OPTIONAL = Term(name="optional", meaning="the domain may lack the device", words=("yes",))

SPARE: tuple[Term, ...] = (
    Term(name="node", meaning="the guest NUMA cell of the free ports", numbers=(0, MANY)),
    Term(name="ports", meaning="the number of free hotpluggable ports", numbers=(0, MANY)),
    Term(
        name="mem-reserve",
        meaning="the memory window below 4 GiB that each of the ports reserves (memReserve): its size, or the host "
        "device whose BARs must fit into it",
        numbers=(1, LARGEST_RESERVE),
        unit="KiB",
        text=True,
        pattern=HOST_ADDRESS,
        shown=_DEVICE_OF_HOST,
        where={"express": "memReserve of pcie-root-port, libvirt 11.3 or newer"},
    ),
)

USED: tuple[Term, ...] = (
    Term(
        name="slots",
        meaning="the PCI slots, and channel numbers on s390, that are or were in use, with slot-reuse=never",
        text=True,
        pattern=rf"\s*{USED_SLOT}(\s+{USED_SLOT})*\s*",
        shown="a list of BB:SS, the index of the controller and the slot, both in hexadecimal, or of fe.0.DDDD",
    ),
)

#: The attributes of the policy, and those of each kind of its children, with the ones that a child must have.
POLICY: tuple[Term, ...] = (VERSION, *TUNABLES)
CHILDREN: dict[str, tuple[Term, ...]] = {"spare": SPARE, "device": (REFERENCE, OPTIONAL, *HINTS), "used": USED}
REQUIRED: dict[str, tuple[str, ...]] = {"spare": ("node", "ports"), "device": ("ref",), "used": ("slots",)}


class Contradiction(msgspec.Struct, frozen=True):
    """Two hints that exclude each other on one device; None means any value.

    kinds: on these machines only, () on all. unless: a hint with which both are allowed.
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
    Contradiction("bus-group", None, "own-bus", "yes", "a bus is either shared or not"),
    Contradiction("hotplug", "yes", "port-hotplug", "off", "the port would not release the device"),
    Contradiction("hotplug", "no", "port-hotplug", "on", "hotplug=no turns the hotplug of the port off"),
    Contradiction(
        "placement", "root-complex", "hotplug", "yes", "nothing on pcie.0 is hotpluggable", kinds=("express",)
    ),
    Contradiction("placement", "root-complex", "node", None, _NO_NODE),
    Contradiction("placement", "root-complex", "root-complex", None, _NO_NODE),
    Contradiction("placement", "root-complex", "own-bus", "yes", _INTEGRATED),
    Contradiction("placement", "root-complex", "bus-group", None, _INTEGRATED),
    Contradiction("placement", "root-complex", "port-hotplug", None, _INTEGRATED),
    Contradiction("placement", "root-port", "bus-group", None, _ONE_PORT, unless="slot-group"),
    Contradiction("placement", "root-port", "bus", "pci", "a bus behind a root port is PCI Express"),
    Contradiction("placement", "switch", "bus", "pci", "a bus behind a switch is PCI Express"),
    Contradiction("placement", "bridge", "bus", "pcie", "a bus behind a bridge is conventional PCI"),
)
