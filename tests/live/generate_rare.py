"""Makes domains of rare devices at random, the same ones for the same seed: each line of a table is a kind of device.

``{a|b|c}`` in a line is one of these; ``{#}`` is a number that no other element of the domain has. What a machine does
not take is refused by libvirt, and that is a result as well.
"""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple


class Place(NamedTuple):
    """An architecture, and machines of it with what else the element ``os`` says."""

    arch: str
    machines: tuple[str, ...]
    features: str = ""


PLACES = (
    Place("x86_64", ("q35", "q35", "q35", "pc", "pc", "microvm", "isapc"), "<features><acpi/></features>"),
    Place("x86_64", ("q35", "pc"), ""),
    Place("aarch64", ("virt", "virt", "versatilepb", "realview-pbx-a9")),
    Place("armv7l", ("virt", "versatilepb", "vexpress-a9")),
    Place("riscv64", ("virt",)),
    Place("loongarch64", ("virt",)),
    Place("ppc64", ("pseries", "pseries", "powernv9", "mac99", "g3beige")),
    Place("s390x", ("s390-ccw-virtio",)),
    Place("sparc64", ("sun4u",)),
)

_VIRTIO = "virtio|virtio|virtio-transitional|virtio-non-transitional"
_SOURCE = "<driver name='qemu' type='raw'/><source file='/tmp/{#}'/>"
_PTY = "type='pty'"

DEVICES = (
    f"<disk type='file' device='disk'{{| model='virtio'| model='virtio-non-transitional'}}>{_SOURCE}"
    "<target dev='vd{a|b|c|d|e|f}' bus='virtio'/></disk>",
    f"<disk type='file' device='disk'>{_SOURCE}<target dev='sd{{a|b|c|h|i|p|q|aa}}' bus='scsi'/></disk>",
    f"<disk type='file' device='disk'>{_SOURCE}<target dev='sd{{s|t|u|v}}' bus='{{sata|usb}}'/></disk>",
    f"<disk type='file' device='disk'>{_SOURCE}<target dev='hd{{a|b|c|d}}' bus='ide'/></disk>",
    f"<disk type='file' device='disk' model='usb-{{storage|bot}}'>{_SOURCE}<target dev='sdx' bus='usb'/></disk>",
    f"<disk type='file' device='disk'>{_SOURCE}<target dev='{{vdx|sdy|hdc|fdb}}'/></disk>",
    "<disk type='file' device='cdrom'><target dev='sd{j|k|l}' bus='{scsi|sata|usb}'/></disk>",
    "<disk type='file' device='floppy'><target dev='fd{a|b}' bus='fdc'/></disk>",
    f"<disk type='file' device='disk'>{_SOURCE}<target dev='nvme{{0|1}}n{{1|2|3}}' bus='nvme'/>"
    "{<serial>one</serial>|<serial>two</serial>}</disk>",
    "<interface type='user'><mac address='52:54:00:00:{#}:01'/>{|<model type='"
    f"{{{_VIRTIO}|e1000|e1000e|igb|rtl8139|pcnet|ne2k_pci|vmxnet3|usb-net|spapr-vlan|i82559er|scm91c111|lan9118}}'/>}}"
    "</interface>",
    "<controller type='scsi' index='{0|0|1|2}'{| model='{virtio-scsi|lsilogic|lsisas1068|lsisas1078|vmpvscsi|ibmvscsi"
    "|am53c974|dc390|virtio-transitional|virtio-non-transitional|auto}'}/>",
    "<controller type='usb' index='{0|0|0|1|2}'{| model='{qemu-xhci|nec-xhci|piix3-uhci|piix4-uhci|ehci|pci-ohci|none"
    "|vt82c686b-uhci|ich9-ehci1}'}/>",
    "<controller type='{sata|virtio-serial|ccid|ide|fdc|nvme}' index='{0|0|1}'/>",
    "<controller type='pci' model='{pcie-root-port|pcie-root-port|pcie-to-pci-bridge|dmi-to-pci-bridge|pci-bridge"
    "|pcie-switch-upstream-port|pcie-expander-bus|pci-expander-bus|pci-root}'/>",
    "<controller type='pci' model='pcie-root-port'><target chassis='{1|7|40}' port='0x{8|10|9}'{| hotplug='off'}/>"
    "</controller>",
    f"<serial {_PTY}{{|><target type='{{isa|system|pci|usb|spapr-vio|sclp}}-serial'/></serial|><target port='{{0|1}}'/>"
    "</serial}{/|}>",
    f"<console {_PTY}><target type='{{virtio|serial|sclp|sclplm}}'/></console>",
    f"<parallel {_PTY}/>",
    "<channel {type='pty'|type='unix'}><target type='virtio' name='org.{#}'/></channel>",
    f"<channel {_PTY}><target type='virtio' name='org.{{#}}'/><address type='virtio-serial' controller='{{0|1}}' "
    "bus='0' port='{1|2|5|31}'/></channel>",
    "<input type='{mouse|keyboard|tablet}'{| bus='{usb|virtio|ps2}'}/>",
    "<input type='evdev'><source dev='/dev/input/event1'/></input>",
    "<input type='passthrough' bus='virtio'><source evdev='/dev/input/event1'/></input>",
    "<hub type='usb'/>",
    "<video><model type='{virtio|vga|cirrus|qxl|bochs|ramfb|vmvga|none}'/></video>",
    "<graphics type='vnc'/>",
    "<sound model='{ich6|ich9|ac97|es1370|usb|virtio|sb16|pcspk}'/>",
    "<watchdog model='{i6300esb|ib700|diag288|itco}'/>",
    f"<memballoon model='{{none|{_VIRTIO}}}'/>",
    f"<rng model='{{{_VIRTIO}}}'><backend model='random'>/dev/urandom</backend></rng>",
    "<filesystem type='mount'><source dir='/usr'/><target dir='share{#}'/></filesystem>",
    "<filesystem type='mount' accessmode='passthrough'><driver type='mtp'/><source dir='/usr'/>"
    "<target dir='share{#}'/></filesystem>",
    "<shmem name='generated{#}'><model type='ivshmem-{plain'/><size unit='M'>1</size|doorbell'/>"
    "<server path='/tmp/{#}'/}></shmem>",
    "<redirdev bus='usb' type='tcp'><source mode='connect' host='localhost' service='4000'/></redirdev>",
    "<panic{| model='{isa|pvpanic|pseries|hyperv|s390}'}/>",
    f"<vsock{{| model='{{{_VIRTIO}}}'}}><cid auto='no' address='{{3|4}}'/></vsock>",
    "<crypto model='virtio' type='qemu'><backend model='builtin' queues='1'/></crypto>",
    "<tpm{| model='{tpm-tis|tpm-crb|tpm-spapr}'}><backend type='emulator' version='2.0'/></tpm>",
    "<iommu model='{intel|virtio|smmuv3|amd}'/>",
    "<iommu model='intel'><driver {intremap|caching_mode|iotlb}='on'/></iommu>",
    "<smartcard mode='{host|passthrough' type='spicevmc}'/>",
    "<nvram/>",
    "<pstore backend='acpi-erst'><path>/tmp/{#}</path><size unit='KiB'>8</size></pstore>",
    "<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/><source><address domain='0' bus='0x{#}' "
    "slot='0' function='0'/></source></hostdev>",
    "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x{#}'/></source></hostdev>",
    "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host{#}'/><address bus='0' target='0' unit='0'/>"
    "</source></hostdev>",
    "<hostdev mode='subsystem' type='scsi_host'{| model='virtio-transitional'}><source protocol='vhost' "
    "wwpn='naa.5123456789abcd{#}'/></hostdev>",
    "<hostdev mode='subsystem' type='mdev' model='vfio-{pci|ccw|ap}'><source><address "
    "uuid='00000000-0000-0000-0000-0000000000{#}'/></source></hostdev>",
    "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>",
    "<memory model='virtio-pmem' access='shared'><source><path>/tmp/{#}</path></source><target><size unit='MiB'>128"
    "</size></target></memory>",
)

#: Addresses that a device without one now and then asks for.
_ADDRESSES = (
    "<address type='pci' domain='0' bus='0' slot='0x{03|04|05|06|1b|1c|1f}' function='{0|0|1}'/>",
    "<address type='pci' domain='0' bus='{1|2|3}' slot='{0|1}' function='0'/>",
    "<address type='pci'/>",
    "<address type='virtio-mmio'/>",
    "<address type='{ccw|isa|spapr-vio}'/>",
    "<address type='usb' bus='0' port='{1|2|1.1}'/>",
    "<address type='drive' controller='{0|1}' bus='0' target='0' unit='{0|1|3}'/>",
)

_CHOICE = re.compile(r"\{([^{}]*)\}")


def generate_rare(seed: int) -> tuple[str, str]:
    """The architecture and the domain for this seed."""
    random = Random(f"rare {seed}")
    place = random.choice(PLACES)
    devices = [_filled(random.choice(DEVICES), random) for _ in range(random.randint(1, 9))]
    if random.random() < 0.3:
        number = random.randrange(len(devices))
        devices[number] = _addressed(devices[number], _filled(random.choice(_ADDRESSES), random))
    lines = [
        f"<domain type='qemu'><name>rare-{seed}</name>",
        "<memory unit='MiB'>512</memory><vcpu>1</vcpu>",
        f"<os><type arch='{place.arch}' machine='{random.choice(place.machines)}'>hvm</type></os>{place.features}",
        "<devices>",
        *devices,
        "</devices>",
        "</domain>",
    ]
    if any(device.startswith("<memory ") for device in devices):
        lines[1:1] = ["<maxMemory slots='4' unit='MiB'>4096</maxMemory>"]
        lines[4:4] = ["<cpu><numa><cell id='0' cpus='0' memory='512' unit='MiB'/></numa></cpu>"]
    return place.arch, "\n".join(lines)


def _filled(line: str, random: Random) -> str:
    """The line with every choice made, the innermost first."""
    while found := _CHOICE.search(line):
        chosen = f"{random.randrange(0x10, 0xFF):02x}" if found[1] == "#" else random.choice(found[1].split("|"))
        line = line[: found.start()] + chosen + line[found.end() :]
    return line


def _addressed(device: str, address: str) -> str:
    """The device with an address where its element has room for one."""
    end = device.rfind("</")
    if end > 0:
        return device[:end] + address + device[end:]
    name = re.match(r"<(\w+)", device)
    return f"{device[:-2]}>{address}</{name[1]}>" if name is not None and device.endswith("/>") else device
