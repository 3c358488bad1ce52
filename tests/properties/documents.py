"""Strategies for documents with hints: machines, crowds of devices, hints inline and in the policy."""

from __future__ import annotations

import random
import re
from typing import Any, NamedTuple
from xml.etree import ElementTree

from hypothesis import strategies as st

ARCHITECTURES = {"q35": "x86_64", "pc": "x86_64", "virt": "aarch64", "pseries": "ppc64"}
EXPRESS = ("q35", "virt")
NAMESPACE = "urn:devaddr-xml:hints:1"

Hints = dict[str, str]


class Draft(NamedTuple):
    """A device before it is written: how a hint can name it, its element with room for attributes, what it can be.

    connection: ``express``, ``pci``, or ``either``.
    """

    ref: str
    tag: str
    attributes: str
    inner: str
    connection: str
    hints: Hints = {}  # noqa: RUF012
    inline: bool = True
    below: str = ""

    def __str__(self) -> str:
        hints = "".join(f' devaddr:{name}="{value}"' for name, value in self.hints.items()) if self.inline else ""
        return f"<{self.tag}{self.attributes}{hints}>{self.inner}</{self.tag}>{self.below}"


def disk_name(number: int, prefix: str = "vd") -> str:
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(97 + letter) + letters
    return prefix + letters


def disk(number: int, **more: Any) -> Draft:
    name = disk_name(number)
    inner = f'<source file="/{name}"/><target dev="{name}" bus="virtio"/>'
    return Draft(name, "disk", ' type="file" device="disk"', inner, "either", **more)


def nic(number: int, model: str = "virtio", connection: str = "either", **more: Any) -> Draft:
    mac = f"52:54:00:00:{number >> 8:02x}:{number & 255:02x}"
    return Draft(mac, "interface", ' type="user"', f'<mac address="{mac}"/><model type="{model}"/>', connection, **more)


def e1000(number: int, **more: Any) -> Draft:
    return nic(number + 0x4000, "e1000", "pci", **more)


def e1000e(number: int, **more: Any) -> Draft:
    return nic(number + 0x8000, "e1000e", "express", **more)


def hostdev(number: int, **more: Any) -> Draft:
    source = f'<source><address domain="0" bus="{0x41 + (number >> 5)}" slot="{number & 31}" function="0"/></source>'
    ref = f"0000:{0x41 + (number >> 5):02x}:{number & 31:02x}.0"
    return Draft(ref, "hostdev", ' mode="subsystem" type="pci" managed="yes"', source, "either", **more)


def mdev(number: int, **more: Any) -> Draft:
    uuid = f"53764d0e-85a0-42b4-af5c-2046b46{number:05x}"
    inner = f'<source><address uuid="{uuid}"/></source>'
    return Draft(uuid, "hostdev", ' mode="subsystem" type="mdev" model="vfio-pci"', inner, "either", **more)


def scsi(number: int, **more: Any) -> Draft:
    """A SCSI controller and two disks below it."""
    below = ""
    for unit in range(2):
        name = disk_name(2 * number + unit, "sd")
        address = f'<address type="drive" controller="{number}" bus="0" target="0" unit="{unit}"/>'
        below += (
            f'<disk type="file" device="disk"><source file="/{name}"/><target dev="{name}" bus="scsi"/>{address}</disk>'
        )
    attributes = f' type="scsi" index="{number}" model="virtio-scsi"'
    return Draft(f"scsi.{number}", "controller", attributes, "", "either", below=below, **more)


def virtio_serial(number: int, **more: Any) -> Draft:
    ref = f"virtio-serial.{number}"
    return Draft(ref, "controller", f' type="virtio-serial" index="{number}"', "", "either", **more)


MANY = (disk, nic, e1000, hostdev, mdev, scsi, virtio_serial)
EITHER = (disk, nic, hostdev, scsi, virtio_serial)
_RNG = '<backend model="random">/dev/urandom</backend>'

#: Devices of which there is one at most.
ONCE = {
    "rng": Draft("rng[1]", "rng", ' model="virtio"', _RNG, "either"),
    "watchdog": Draft("watchdog[1]", "watchdog", ' model="i6300esb"', "", "pci"),
    "video": Draft("video[1]", "video", "", '<model type="virtio"/>', "either"),
    "input": Draft("input[1]", "input", ' type="tablet" bus="virtio"', "", "either"),
    "shmem": Draft("shmem[1]", "shmem", ' name="s"', '<model type="ivshmem-plain"/><size unit="M">4</size>', "pci"),
}


class Domain(NamedTuple):
    """A document before it is written; nodes: how many NUMA cells; memory in MiB; policy: its attributes."""

    machine: str
    devices: list[Draft]
    policy: Hints = {}  # noqa: RUF012
    spares: dict[int, int] = {}  # noqa: RUF012
    nodes: int = 0
    memory: int = 4096

    def __str__(self) -> str:
        arch = ARCHITECTURES[self.machine]
        cell = self.memory // max(self.nodes, 1)
        cells = "".join(
            f'<cell id="{i}" cpus="{i}" memory="{cell}" unit="MiB"/>'
            if i != 1 or self.nodes < 3
            else f'<cell id="{i}" memory="{cell}" unit="MiB"/>'
            for i in range(self.nodes)
        )
        return (
            f'<domain type="qemu" xmlns:devaddr="{NAMESPACE}"><name>d</name>'
            f'<memory unit="MiB">{max(self.nodes, 1) * cell}</memory>'
            f"<vcpu>{max(self.nodes, 1)}</vcpu>"
            f"<metadata>{self.policy_element}</metadata>"
            f'<os><type arch="{arch}" machine="{self.machine}">hvm</type></os>'
            f"{f'<cpu><numa>{cells}</numa></cpu>' if cells else ''}"
            f"<devices>{''.join(map(str, self.devices))}</devices></domain>"
        )

    @property
    def policy_element(self) -> str:
        """The policy with everything that is not said inline."""
        spares = "".join(f'<devaddr:spare node="{node}" ports="{k}"/>' for node, k in self.spares.items())
        hints = "".join(
            f'<devaddr:device ref="{d.ref}" {attributes(d.hints)}/>' for d in self.devices if d.hints and not d.inline
        )
        if not (self.policy or spares or hints):
            return ""
        return f"<devaddr:policy {attributes(self.policy)}>{spares}{hints}</devaddr:policy>"

    @property
    def connections(self) -> dict[str, str]:
        """The connection of every device by its reference."""
        return {device.ref: device.connection for device in self.devices}


def attributes(values: Hints) -> str:
    return " ".join(f'{name}="{value}"' for name, value in values.items())


@st.composite
def crowds(draw: st.DrawFn, hints: st.SearchStrategy[Hints], most: int = 20, kinds: Any = MANY) -> list[Draft]:
    """A mixture of devices, each with hints of its own, inline or in the policy."""
    devices = []
    for number in range(draw(st.integers(1, most))):
        make = draw(st.sampled_from(kinds))
        devices.append(make(number, hints=draw(hints), inline=draw(st.booleans())))
    scsis = [at for at, device in enumerate(devices) if device.ref.startswith("scsi")]
    for new, at in enumerate(scsis):
        devices[at] = scsi(new, hints=devices[at].hints, inline=devices[at].inline)
    if kinds is MANY:
        for name in sorted(draw(st.sets(st.sampled_from(sorted(ONCE)), max_size=4))):
            devices.append(ONCE[name]._replace(hints=draw(hints), inline=draw(st.booleans())))
    return draw(st.permutations(devices))


#: Values of the tunables that go together.
TUNABLES: dict[str, tuple[str, ...]] = {
    "profile": ("libvirt", "hotplug", "integrated", "packed"),
    "spare-ports": ("libvirt", "0", "3", "20", "kubevirt"),
    "port-hotplug": ("default", "on", "spare-only"),
    "packing": ("separate", "functions"),
    "pcie-placement": ("root-port", "root-complex", "switch"),
    "legacy-placement": ("bridge", "root-complex"),
    "overflow": ("error", "pack"),
}
tunables = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in TUNABLES.items()})


def node_hints(nodes: int) -> st.SearchStrategy[Hints]:
    """Hints that name a NUMA cell, or nothing."""
    asked_for = st.fixed_dictionaries(
        {"node": st.integers(0, nodes - 1).map(str)},
        optional={"root-complex": st.sampled_from("ab"), "hotplug": st.sampled_from(("yes", "no"))},
    )
    return st.one_of(st.just({}), asked_for)


@st.composite
def compatible_hints(draw: st.DrawFn, nodes: int, express: bool) -> Hints:
    """Hints that contradict neither each other nor those that other devices get here."""
    hints: Hints = {}
    subject = draw(st.sampled_from(("nothing", "node", "hotplug", "placement", "own-bus", "bus-group", "slot-group")))
    if subject in ("node", "hotplug", "placement") and nodes and (subject == "node" or draw(st.booleans())):
        hints["node"] = str(draw(st.integers(0, nodes - 1)))
        if subject == "node" and draw(st.booleans()):
            hints["root-complex"] = draw(st.sampled_from("ab"))
    if subject == "hotplug" or (subject == "placement" and draw(st.booleans())):
        hints["hotplug"] = draw(st.sampled_from(("yes", "no")))
    if subject == "placement":
        places = ["bridge", "switch"] if express else ["bridge"]
        hints["placement"] = draw(st.sampled_from(places if hints else [*places, "root-complex"]))
    if subject in ("bus-group", "slot-group"):
        hints[subject] = draw(st.sampled_from("gh"))
    if subject == "own-bus":
        hints[subject] = "yes"
    if express and subject not in ("hotplug", "placement", "slot-group", "bus-group") and draw(st.integers(0, 4)) == 0:
        hints["port-hotplug"] = draw(st.sampled_from(("on", "off")))
    return hints


def possible(device: Draft) -> Draft:
    """The device without the hints that it cannot follow, being conventional."""
    if device.connection != "pci":
        return device
    hints = {name: value for name, value in device.hints.items() if value != "switch" and name != "port-hotplug"}
    return device._replace(hints=hints)


@st.composite
def domains(draw: st.DrawFn, most: int = 10) -> Domain:
    """A domain with hints of all kinds that can be kept."""
    machine = draw(st.sampled_from(sorted(ARCHITECTURES)))
    nodes = draw(st.integers(0, 4))
    devices = draw(crowds(compatible_hints(nodes, machine in EXPRESS), most))
    spares = {n: draw(st.integers(0, 5)) for n in draw(st.sets(st.integers(0, max(nodes - 1, 0)), max_size=2)) if nodes}
    return Domain(machine, [possible(device) for device in devices], draw(tunables), spares, nodes)


@st.composite
def families(draw: st.DrawFn) -> Domain:
    """Many devices of one kind, some of them with the same hints."""
    machine = draw(st.sampled_from(sorted(ARCHITECTURES)))
    nodes = draw(st.integers(1, 8))
    make = draw(st.sampled_from((disk, nic, e1000, hostdev, scsi)))
    hints = possible(make(0, hints=draw(compatible_hints(nodes, machine in EXPRESS)))).hints
    count = draw(st.integers(20, 120))
    most = {"slot-group": 8, "bus-group": 31}
    members = draw(st.integers(1, min([count, *(most[name] for name in hints if name in most)])))
    devices = [make(number, hints=hints if number < members else {}) for number in range(count)]
    spares = {n: draw(st.integers(0, 20)) for n in draw(st.sets(st.integers(0, nodes - 1), max_size=2))}
    return Domain(machine, devices, draw(tunables), spares, nodes)


@st.composite
def newcomers(draw: st.DrawFn, machine: str, nodes: int, most: int = 6) -> list[Draft]:
    """Devices for a domain that is there already."""
    devices = []
    for number in range(draw(st.integers(1, most))):
        make = draw(st.sampled_from((disk, nic, e1000, hostdev, mdev)))
        devices.append(possible(make(100 + number, hints=draw(compatible_hints(nodes, machine in EXPRESS)))))
    return devices


def with_devices(xml: str, devices: list[Draft], seed: int) -> str:
    """The document with more devices, at places among the others that ``seed`` decides."""
    rnd = random.Random(seed)
    if "xmlns:devaddr" not in xml.split(">", 1)[0]:
        xml = xml.replace("<domain ", f'<domain xmlns:devaddr="{NAMESPACE}" ', 1)
    for device in devices:
        ends = [xml.index("<devices>") + len("<devices>")]
        ends += [found.end() for found in re.finditer(r"</(?:disk|interface|hostdev|rng)>", xml)]
        at = rnd.choice(ends)
        xml = xml[:at] + str(device) + xml[at:]
    return xml


def without_addresses(xml: str, seed: int, share: float) -> str:
    """The document with a share of its devices, as ``seed`` decides, having lost their PCI addresses."""
    rnd = random.Random(seed)
    root = ElementTree.fromstring(xml)
    for element in root.iterfind("devices/*"):
        address = element.find("address")
        if address is None or address.get("type") != "pci" or element.tag == "controller" or rnd.random() > share:
            continue
        element.remove(address)
    return ElementTree.tostring(root, encoding="unicode")
