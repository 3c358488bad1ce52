"""For every tunable and hint the smallest domain that shows what it does, and the commands that show it."""

from __future__ import annotations

from typing import NamedTuple

ATTRIBUTE = " xmlns:devaddr='urn:devaddr-xml:hints:1'"

DISK = """\
    <disk type='file' device='disk'{}>
      <source file='/srv/{name}.img'/>
      <target dev='{name}' bus='{bus}'/>
    </disk>
"""
INTERFACE = """\
    <interface type='network'{}>
      <mac address='52:54:00:00:00:0{number}'/>
      <source network='default'/>
      <model type='virtio'/>
    </interface>
"""
HOST_DEVICE = """\
    <hostdev mode='subsystem' type='pci' managed='yes'{}>
      <source>
        <address bus='0x{bus}' slot='0x00' function='0x0'/>
      </source>
      <alias name='ua-{name}'/>
    </hostdev>
"""
FEW = """\
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
"""
TWO_CELLS = """\
  <vcpu>4</vcpu>
{}  <cpu>
    <numa>
      <cell id='0' cpus='0-1' memory='2' unit='GiB'/>
      <cell id='1' cpus='2-3' memory='2' unit='GiB'/>
    </numa>
  </cpu>
"""
ON_NODES = """\
  <numatune>
    <memnode cellid='0' mode='strict' nodeset='0'/>
    <memnode cellid='1' mode='strict' nodeset='1'/>
  </numatune>
"""


def disk(name: str, hints: str = "", bus: str = "virtio") -> str:
    """A disk; hints: its attributes, such as ``hotplug='no'``."""
    return DISK.format(_attributes(hints), name=name, bus=bus)


def interface(number: int, hints: str = "") -> str:
    """A virtio network interface, told apart by the last digit of its MAC address."""
    return INTERFACE.format(_attributes(hints), number=number)


def host_device(bus: str, name: str, hints: str = "") -> str:
    """A device of the host at bus:00.0."""
    return HOST_DEVICE.format(_attributes(hints), bus=bus, name=name)


def domain(
    *devices: str,
    cpus: str = "  <vcpu>2</vcpu>\n",
    policy: str = "",
    arch: str = "x86_64",
    machine: str = "q35",
    gibibytes: int = 4,
) -> str:
    """A domain of these devices, with the policy in its metadata."""
    namespace = ATTRIBUTE if "devaddr:" in "".join((policy, *devices)) else ""
    return (
        f"<domain type='kvm'{namespace}>\n"
        "  <name>guest</name>\n"
        + (f"  <metadata>\n{policy}  </metadata>\n" if policy else "")
        + f"  <memory unit='GiB'>{gibibytes}</memory>\n"
        f"{cpus}"
        "  <os>\n"
        f"    <type arch='{arch}' machine='{machine}'>hvm</type>\n"
        "  </os>\n"
        f"  <devices>\n{''.join(devices)}{FEW}  </devices>\n"
        "</domain>\n"
    )


def _attributes(hints: str) -> str:
    return "".join(f" devaddr:{hint}" for hint in hints.split())


class Case(NamedTuple):
    """An example: a domain, how it is completed without the term and with it, and what to look at.

    before, after: arguments of ``assign``. hint: a pattern of what the run without the term leaves out of the domain.
    host: the content of ``host.json``. refused: the run without the term is an error. look: a command that shows an
    effect that the tree does not show.
    """

    domain: str
    sees: str
    before: str = ""
    after: str = ""
    hint: str = ""
    host: str = ""
    refused: bool = False
    look: str = ""


SMALL = domain(disk("vda"), interface(1))
GAP = domain(
    disk("vda").replace("    </disk>", "      <address type='pci' bus='0x01' slot='0x00'/>\n    </disk>"),
    interface(1).replace("    </interface>", "      <address type='pci' bus='0x03' slot='0x00'/>\n    </interface>"),
    disk("vdb"),
)
NARROW = domain(
    "    <controller type='pci' index='1' model='pcie-expander-bus'>\n"
    "      <target busNr='2'>\n"
    "        <node>1</node>\n"
    "      </target>\n"
    "    </controller>\n",
    disk("vda"),
    disk("vdb"),
    cpus=TWO_CELLS.format(""),
)
TWO_NODES = domain(host_device("41", "gpu"), host_device("42", "nic"), cpus=TWO_CELLS.format(ON_NODES))
SWITCH = """\
{"pci": {
  "0000:40:01.0": {"kind": "root-port", "root_complex": "pci0000:40", "numa_node": 1},
  "0000:3e:00.0": {"kind": "upstream-port", "root_complex": "pci0000:40", "numa_node": 1,
                   "parents": ["0000:40:01.0"]},
  "0000:3f:00.0": {"kind": "downstream-port", "root_complex": "pci0000:40", "numa_node": 1,
                   "parents": ["0000:40:01.0", "0000:3e:00.0"]},
  "0000:3f:01.0": {"kind": "downstream-port", "root_complex": "pci0000:40", "numa_node": 1,
                   "parents": ["0000:40:01.0", "0000:3e:00.0"]},
  "0000:41:00.0": {"root_complex": "pci0000:40", "numa_node": 1,
                   "parents": ["0000:40:01.0", "0000:3e:00.0", "0000:3f:00.0"]},
  "0000:42:00.0": {"root_complex": "pci0000:40", "numa_node": 1,
                   "parents": ["0000:40:01.0", "0000:3e:00.0", "0000:3f:01.0"]}}}
"""
NODE_1 = '{"pci": {"0000:41:00.0": {"numa_node": 1}}, "cpus": {"0": [0, 1], "1": [2, 3]}}\n'
BARS = """\
{"pci": {"0000:41:00.0": {
  "numa_node": 0,
  "bars": [{"index": 2, "size": 137438953472, "bits": 64, "prefetchable": true}]}}}
"""
ONE_CELL = """\
  <vcpu>2</vcpu>
  <numatune>
    <memnode cellid='0' mode='strict' nodeset='0'/>
  </numatune>
  <cpu>
    <numa>
      <cell id='0' cpus='0-1' memory='4' unit='GiB'/>
    </numa>
  </cpu>
"""
IOMMU = "    <iommu model='smmuv3'/>\n"
ARM_HINTS = domain(
    host_device("41", "gpu0", "node='0'"),
    host_device("81", "gpu1", "node='1'"),
    IOMMU,
    cpus=TWO_CELLS.format(""),
    arch="aarch64",
    machine="virt",
)

TUNABLE_CASES: dict[str, Case] = {
    "version": Case(
        domain(disk("vda"), interface(1), policy="    <devaddr:policy profile='hotplug'/>\n"),
        "The policy in the output names the version. The layout of this guest is the same in both versions.",
        before="--set version=1",
        look="grep '<devaddr:policy' without.xml with.xml",
    ),
    "profile": Case(
        SMALL,
        "The guest has 16 ports, as under KubeVirt, and 14 of them are free. Occupied ports have no hotplug.",
        after="--profile hotplug",
    ),
    "spare-ports": Case(SMALL, "Four root ports are free.", after="--set spare-ports=4"),
    "port-hotplug": Case(
        SMALL,
        "The ports of the disk and of the interface have no hotplug, so the guest cannot eject them.",
        after="--set port-hotplug=spare-only",
    ),
    "packing": Case(
        domain(disk("vda"), disk("vdb"), disk("vdc"), interface(1)),
        "The devices are functions of one slot, and need one port.",
        after="--set packing=functions",
    ),
    "pcie-placement": Case(
        SMALL, "Both devices are on pcie.0, without ports.", after="--set pcie-placement=root-complex"
    ),
    "legacy-placement": Case(
        domain(disk("vda"), "    <sound model='es1370'/>\n"),
        "The sound card is on pcie.0. No bridge is added.",
        after="--set legacy-placement=root-complex",
    ),
    "numa": Case(
        domain(disk("vda", "node='2'"), cpus=TWO_CELLS.format("")),
        "The guest has no cell 2. With `prefer` the disk gets an ordinary port, and a warning says so.",
        after="--set numa=prefer",
        refused=True,
    ),
    "scsi-units": Case(
        domain(*(disk(f"sd{letter}", bus="scsi") for letter in "abcd")),
        "The second controller has the model of the first one.",
        after="--set scsi-units=2",
    ),
    "overflow": Case(
        NARROW,
        "The expander bus begins at bus 2, so the ports of `pcie.0` can use only bus 1. With `pack` both disks "
        "are behind one port.",
        after="--set overflow=pack",
    ),
    "topology": Case(
        TWO_NODES,
        "On the host both devices are below one switch. With `mirror` they are in the guest, too.",
        before="--host host.json --set numa=off",
        after="--host host.json --set topology=mirror",
        host=SWITCH,
    ),
    "extra-cells": Case(
        domain(host_device("41", "gpu"), cpus=ONE_CELL),
        "Cell 1 has no vCPUs and no memory. The GPU is below an expander bus of it.",
        before="--host host.json --set topology=mirror",
        after="--host host.json --set topology=mirror --set extra-cells=add",
        host=NODE_1,
        refused=True,
    ),
    "iommu": Case(
        ARM_HINTS,
        "Each expander bus has an smmuv3 of its own.",
        before="--libvirt-version 11.10.0",
        after="--libvirt-version 11.10.0 --set iommu=per-root-complex",
        look="grep 'pciBus' with.xml",
    ),
    "slot-reuse": Case(
        GAP,
        "Port pci.2 is free because a device was removed. With `never` the new disk is behind the last port.",
        after="--set slot-reuse=never",
    ),
    "spare-slots": Case(
        SMALL, "A pcie-to-pci-bridge has 31 free slots for conventional devices.", after="--set spare-slots=2"
    ),
    "spare-usb-ports": Case(
        domain(disk("vda")).replace("    <controller type='usb' model='none'/>\n", ""),
        "A second qemu-xhci is added, since the first one has only four ports.",
        after="--set spare-usb-ports=6",
    ),
    "mmio-window": Case(
        domain(host_device("41", "gpu")),
        "`pcie.0` gets a `pcihole64` with room for the BAR of 128 GiB.",
        before="--host host.json",
        after="--host host.json --set mmio-window=fit",
        look="grep 'pcihole64' with.xml",
        host=BARS,
    ),
    "mem-reserve": Case(
        domain(disk("vda")),
        "Each free port keeps 64 MiB of memory below 4 GiB.",
        before="--set spare-ports=2",
        after="--set spare-ports=2 --set mem-reserve=65536",
        look="grep -o 'memReserve=.*/' with.xml",
    ),
    "naming-scheme": Case(
        domain(interface(1, "bus='pci' own-bus='yes'"), interface(2, "bus='pci' own-bus='yes'")).replace(
            "  </os>\n", "  </os>\n  <features>\n    <acpi/>\n  </features>\n"
        ),
        "Each interface is in slot 1 of a bridge. Up to v255 the first one is named ens1, and the second one enp4s1. "
        "From v257 on the rules name both ens1, and udev gives this name to only one of them. Use the hint `name` to "
        "give them different names.",
        after="--set naming-scheme=v257",
    ),
}

HINT_CASES: dict[str, Case] = {
    "node": Case(
        domain(disk("vda"), host_device("41", "gpu", "node='1'"), cpus=TWO_CELLS.format("")),
        "The GPU is below an expander bus of cell 1.",
        hint="node='1'",
    ),
    "root-complex": Case(
        domain(
            host_device("41", "gpu0", "node='1' root-complex='a'"),
            host_device("42", "gpu1", "node='1' root-complex='b'"),
            cpus=TWO_CELLS.format(""),
        ),
        "Each GPU is below an expander bus of its own, and both are on cell 1.",
        hint="root-complex='[ab]'",
    ),
    "hotplug": Case(
        domain(disk("vda", "hotplug='no'"), interface(1)),
        "The port of the disk has no hotplug. The interface can be unplugged.",
        hint="hotplug='no'",
    ),
    "placement": Case(
        domain(disk("vda"), interface(1, "placement='root-complex'")),
        "The interface is on pcie.0, without a port.",
        hint="placement='root-complex'",
    ),
    "bus": Case(
        domain(disk("vda"), interface(1, "bus='pci'")),
        "The interface is a conventional device, behind a pcie-to-pci-bridge.",
        hint="bus='pci'",
    ),
    "slot-group": Case(
        domain(disk("vda", "slot-group='data'"), disk("vdb", "slot-group='data'"), interface(1)),
        "The two disks are functions 0 and 1 of one slot.",
        hint="slot-group='data'",
    ),
    "bus-group": Case(
        domain(
            host_device("41", "gpu", "bus-group='fabric'"), host_device("42", "nic", "bus-group='fabric'"), disk("vda")
        ),
        "The GPU and the network card are below one switch. The disk is not.",
        hint="bus-group='fabric'",
    ),
    "own-bus": Case(
        domain("    <sound model='es1370' devaddr:own-bus='yes'/>\n", "    <sound model='ac97'/>\n"),
        "The first sound card has a bridge of its own.",
        hint="own-bus='yes'",
    ),
    "port-hotplug": Case(
        domain(disk("vda", "port-hotplug='off'"), interface(1)),
        "The port of the disk has `hotplug='off'`.",
        hint="port-hotplug='off'",
    ),
    "name": Case(
        domain(interface(1), interface(2, "name='enp1s0'")),
        "The two interfaces have swapped places.",
        hint="name='enp1s0'",
    ),
    "pci-bus-of": Case(
        domain(
            host_device("41", "gpu", "node='1'"),
            "    <iommu model='smmuv3' devaddr:pci-bus-of='ua-gpu'/>\n",
            cpus=TWO_CELLS.format(""),
            arch="aarch64",
            machine="virt",
        ),
        "The `pciBus` of the smmuv3 is the index of the GPU's expander bus.",
        before="--libvirt-version 11.10.0",
        after="--libvirt-version 11.10.0",
        hint="pci-bus-of='ua-gpu'",
        look="grep 'pciBus' with.xml",
    ),
}

CHILD_CASES: dict[str, Case] = {
    "spare": Case(
        domain(
            disk("vda"),
            cpus=TWO_CELLS.format(""),
            policy="    <devaddr:policy>\n"
            "      <devaddr:spare node='1' ports='2' mem-reserve='65536'/>\n"
            "    </devaddr:policy>\n",
        ),
        "Two free ports are below an expander bus of cell 1. Each keeps 64 MiB of memory below 4 GiB.",
        hint="<devaddr:spare node='1' ports='2' mem-reserve='65536'/>",
        look="grep -o 'memReserve=.*/' with.xml",
    ),
    "device": Case(
        domain(
            disk("vda"),
            disk("vdb"),
            policy="    <devaddr:policy>\n"
            "      <devaddr:device ref='disk[*]' placement='root-complex'/>\n"
            "    </devaddr:policy>\n",
        ),
        "The selector `disk[*]` names both disks.",
        hint="<devaddr:device ref='disk...' placement='root-complex'/>",
    ),
    "used": Case(
        domain(
            "".join(f"    <controller type='pci' index='{index}' model='pcie-root-port'/>\n" for index in (1, 2, 3)),
            disk("vda").replace("    </disk>", "      <address type='pci' bus='0x01' slot='0x00'/>\n    </disk>"),
            disk("vdb"),
            policy="    <devaddr:policy slot-reuse='never'>\n"
            "      <devaddr:used slots='01:00 02:00'/>\n"
            "    </devaddr:policy>\n",
        ),
        "A device was removed from port pci.2. The new disk vdb is behind port pci.3, and the list has its slot, too.",
        hint="<devaddr:used slots='01:00 02:00'/>",
        look="grep -o '<devaddr:used.*/>' with.xml",
    ),
}
