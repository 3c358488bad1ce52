"""Makes domains at random, but the same ones for the same seed, of all the kinds of devices that libvirt 9.0 knows."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

HINTS = "urn:devaddr-xml:hints:1"


class Board(NamedTuple):
    """A machine and what can be put into it, as values that the attributes of the document can have; None: unsaid."""

    arch: str
    machine: str
    disk_buses: tuple[str, ...]
    interfaces: tuple[str | None, ...]
    scsi: tuple[str | None, ...]
    usb: tuple[str | None, ...]
    videos: tuple[str, ...]
    sounds: tuple[str, ...]
    watchdogs: tuple[str, ...]
    pci: tuple[str, ...]
    input_buses: tuple[str | None, ...]
    slots: tuple[int, ...]


_VIRTIO = ("virtio", "virtio-transitional", "virtio-non-transitional")

Q35 = Board(
    arch="x86_64",
    machine="q35",
    disk_buses=("virtio", "virtio", "scsi", "sata", "usb", "fdc"),
    interfaces=(*_VIRTIO, "virtio", "virtio", "e1000", "e1000e", "rtl8139", None),
    scsi=("virtio-scsi", "lsilogic", "lsisas1068", "virtio-transitional", "vmpvscsi", "am53c974", None),
    usb=("qemu-xhci", "nec-xhci", "piix3-uhci", "pci-ohci", "ehci", "ich9", None),
    videos=("qxl", "vga", "cirrus", "virtio", "bochs"),
    sounds=("ich6", "ich9", "ac97", "es1370", "usb"),
    watchdogs=("i6300esb",),
    pci=(
        "pcie-root-port",
        "pcie-root-port",
        "pcie-to-pci-bridge",
        "dmi-to-pci-bridge",
        "pcie-switch",
        "pcie-expander-bus",
    ),
    input_buses=("usb", "virtio", "ps2", None),
    slots=tuple(range(0x02, 0x1A)),
)

PC = Q35._replace(
    machine="pc",
    disk_buses=("virtio", "virtio", "scsi", "sata", "usb", "ide", "fdc"),
    interfaces=(*_VIRTIO, "virtio", "e1000", "rtl8139", "pcnet", None),
    watchdogs=("i6300esb", "ib700"),
    pci=("pci-bridge", "pci-bridge", "pci-expander-bus"),
    slots=tuple(range(0x03, 0x1F)),
)

_VIRT = Q35._replace(
    machine="virt",
    disk_buses=("virtio", "virtio", "scsi", "sata", "usb"),
    videos=("virtio", "vga", "bochs"),
    watchdogs=("i6300esb",),
    pci=("pcie-root-port", "pcie-root-port", "pcie-to-pci-bridge", "dmi-to-pci-bridge", "pcie-switch"),
    input_buses=("usb", "virtio"),
)
AARCH64 = _VIRT._replace(arch="aarch64")
RISCV64 = _VIRT._replace(arch="riscv64")

PSERIES = Q35._replace(
    arch="ppc64",
    machine="pseries",
    disk_buses=("virtio", "virtio", "scsi", "usb"),
    interfaces=("virtio", "virtio", "virtio-transitional", "spapr-vlan", "e1000", "rtl8139", None),
    scsi=("virtio-scsi", "ibmvscsi", "lsilogic", None),
    usb=("qemu-xhci", "nec-xhci", "pci-ohci", None),
    videos=("vga", "virtio"),
    watchdogs=("i6300esb",),
    pci=("pci-root", "pci-root", "pci-bridge"),
    input_buses=("usb", "virtio"),
    slots=tuple(range(0x01, 0x1F)),
)

S390X = Board(
    arch="s390x",
    machine="s390-ccw-virtio",
    disk_buses=("virtio", "virtio", "scsi"),
    interfaces=("virtio", "virtio", None),
    scsi=("virtio-scsi", None),
    usb=("none",),
    videos=("virtio",),
    sounds=(),
    watchdogs=("diag288",),
    pci=(),
    input_buses=("virtio",),
    slots=(),
)

BOARDS = (Q35, Q35, Q35, PC, PC, AARCH64, RISCV64, PSERIES, S390X)

_PREFIXES = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd", "fdc": "fd"}
_MOST = {"ide": 4, "fdc": 2, "usb": 3}


def generate(seed: int, board: Board | None = None, hinted: bool = False) -> str:
    """A domain for this seed, with hints or without; the same seed always gives the same domain."""
    random = Random(seed)
    chosen = board or random.choice(BOARDS)
    return _Maker(random, chosen, seed, hinted).domain()


class _Maker:
    """Puts one domain together; every method gives the elements of one kind of device."""

    def __init__(self, random: Random, board: Board, seed: int, hinted: bool) -> None:
        self.random = random
        self.board = board
        self.name = f"generated-{seed}"
        self.free_slots = list(board.slots)
        random.shuffle(self.free_slots)
        self.cells = random.choice((0, 0, 0, 2, 4)) if board.arch == "x86_64" else 0
        self.hinted = hinted

    def domain(self) -> str:
        random = self.random
        kinds = [
            self.disks,
            self.interfaces,
            self.scsi_controllers,
            self.usb_controllers,
            self.pci_controllers,
            self.virtio_serial,
            self.character_devices,
            self.inputs,
            self.videos,
            self.sounds,
            self.watchdog,
            self.balloon,
            self.rngs,
            self.filesystems,
            self.shared_memory,
            self.hubs,
            self.redirections,
            self.panic,
            self.vsock,
            self.host_devices,
        ]
        # The USB controllers are made first, as others ask whether there are any.
        parts = {kind.__name__: kind() for kind in (self.usb_controllers, *kinds) if random.random() < 0.6}
        order = list(parts)
        random.shuffle(order)
        devices = [element for name in order for element in parts[name]]
        memory = 512 * max(1, self.cells)
        return "\n".join(
            [
                f"<domain type='qemu' xmlns:devaddr='{HINTS}'>",
                f"<name>{self.name}</name>",
                *self.policy(),
                f"<memory unit='MiB'>{memory}</memory>",
                f"<vcpu>{max(1, self.cells)}</vcpu>",
                f"<os><type arch='{self.board.arch}' machine='{self.board.machine}'>hvm</type></os>",
                *(["<features><acpi/></features>"] if self.board.arch == "x86_64" else []),
                *self.topology(),
                "<devices>",
                *devices,
                "</devices>",
                "</domain>",
            ]
        )

    def policy(self) -> list[str]:
        """A policy with a profile and some tunables."""
        if not self.hinted:
            return []
        tunables = {
            "profile": ("libvirt", "hotplug", "integrated", "packed"),
            "spare-ports": ("0", "2", "5", "kubevirt"),
            "port-hotplug": ("on", "off", "spare-only"),
            "packing": ("separate", "functions"),
            "pcie-placement": ("root-port", "root-complex", "switch"),
            "legacy-placement": ("bridge", "root-complex"),
            "scsi-units": ("libvirt", "3"),
        }
        if "pcie-root-port" not in self.board.pci:
            tunables = {name: values for name, values in tunables.items() if not name.endswith("placement")}
        chosen = {name: self.random.choice(values) for name, values in tunables.items() if self.chance(0.4)}
        told = "".join(f" {name}='{value}'" for name, value in chosen.items())
        spares = [f"<devaddr:spare node='{n}' ports='2'/>" for n in range(self.cells) if self.chance(0.3)]
        return [
            f"<metadata><devaddr:policy version='1' numa='prefer'{told}>{''.join(spares)}</devaddr:policy></metadata>"
        ]

    def hint(self) -> str:
        """Now and then a hint, as an attribute."""
        if not self.hinted or not self.board.pci or self.chance(0.4):
            return ""
        hints = ["hotplug='yes'", "hotplug='no'", "own-bus='yes'", f"slot-group='{self.random.choice('ab')}'"]
        hints += [f"node='{self.random.randrange(self.cells)}'"] * 4 if self.cells else []
        if "pcie-root-port" in self.board.pci:
            hints += ["placement='root-complex'", "placement='switch'", "port-hotplug='off'", "bus='pci'"]
        return f" devaddr:{self.random.choice(hints)}"

    def topology(self) -> list[str]:
        if not self.cells:
            return []
        cells = "".join(f"<cell id='{n}' cpus='{n}' memory='512' unit='MiB'/>" for n in range(self.cells))
        return [f"<cpu><numa>{cells}</numa></cpu>"]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def address(self, probability: float = 0.1) -> str:
        """Now and then an address on the first PCI bus, or a hint for one."""
        if not self.board.slots or not self.chance(probability):
            return ""
        if self.chance(0.2):
            return "<address type='pci'/>"
        slot = self.free_slots.pop() if self.free_slots else 0
        return f"<address type='pci' domain='0' bus='0' slot='{slot}' function='0'/>" if slot else ""

    def disks(self) -> list[str]:
        found = []
        used: dict[str, int] = {}
        for _ in range(self.random.randint(1, 9)):
            bus = self.random.choice(self.board.disk_buses)
            prefix = _PREFIXES[bus]
            number = used.get(prefix, 0) + (self.random.choice((0, 0, 0, 5)) if bus == "scsi" else 0)
            if number >= _MOST.get(bus, 20):
                continue
            used[prefix] = number + 1
            found.append(self.disk(bus, f"{prefix}{chr(ord('a') + number)}"))
        self.random.shuffle(found)
        return found

    def disk(self, bus: str, target: str) -> str:
        cdrom = bus in ("scsi", "sata", "ide") and self.chance(0.2)
        if bus == "fdc" or cdrom:
            kind = "floppy" if bus == "fdc" else "cdrom"
            return f"<disk type='file' device='{kind}'><target dev='{target}' bus='{bus}'/></disk>"
        model = (
            f" model='{self.random.choice(_VIRTIO)}'" if bus == "virtio" and self.board.pci and self.chance(0.2) else ""
        )
        address = self.address() if bus == "virtio" else ""
        hint = self.hint() if bus == "virtio" else ""
        return (
            f"<disk type='block' device='disk'{model}{hint}><driver name='qemu' type='raw'/><source dev='/dev/null'/>"
            f"<target dev='{target}' bus='{bus}'/>{address}</disk>"
        )

    def interfaces(self) -> list[str]:
        found = []
        for number in range(self.random.randint(1, 5)):
            model = self.random.choice(self.board.interfaces)
            told = f"<model type='{model}'/>" if model else ""
            address = self.address() if model != "spapr-vlan" else ""
            mac = f"<mac address='52:54:00:00:00:{number:02x}'/>"
            found.append(f"<interface type='user'{self.hint()}>{mac}{told}{address}</interface>")
        return found

    def scsi_controllers(self) -> list[str]:
        found = []
        for number in range(self.random.randint(1, 3)):
            model = self.random.choice(self.board.scsi)
            told = f" model='{model}'" if model else ""
            address = self.address() if model and model != "ibmvscsi" else ""
            index = f" index='{number}'" if self.chance(0.7) else ""
            found.append(f"<controller type='scsi'{index}{told}>{address}</controller>")
        return found

    def usb_controllers(self) -> list[str]:
        model = self.random.choice(self.board.usb)
        if model == "ich9":
            parts = ("ehci1", 0), ("uhci1", 0), ("uhci2", 2), ("uhci3", 4)
            return [
                f"<controller type='usb' index='0' model='ich9-{name}'>"
                + ("" if name == "ehci1" else f"<master startport='{port}'/>")
                + "</controller>"
                for name, port in parts
            ]
        told = f" model='{model}'" if model else ""
        ports = f" ports='{self.random.randint(2, 15)}'" if model in ("qemu-xhci", "nec-xhci") else ""
        if model == "none":
            return [f"<controller type='usb' index='0'{told}/>"]
        extra = ["<controller type='usb' index='1' model='qemu-xhci'/>"] if self.chance(0.2) else []
        return [f"<controller type='usb' index='0'{told}{ports}/>", *extra]

    def pci_controllers(self) -> list[str]:
        if not self.board.pci:
            return []
        found: list[str] = []
        with_index = self.chance(0.5)
        root = "pcie-root" if "pcie-root-port" in self.board.pci else "pci-root"
        found += [] if with_index else [f"<controller type='pci' index='0' model='{root}'/>"]
        number = 1
        for _ in range(self.random.randint(1, 4)):
            model = self.random.choice(self.board.pci)
            index = f" index='{number}'" if with_index else ""
            node = f"<target><node>{self.random.randrange(self.cells)}</node></target>" if self.cells else ""
            if model == "pcie-switch":
                found.append(f"<controller type='pci'{index} model='pcie-switch-upstream-port'/>")
                number += 1
                index = f" index='{number}'" if with_index else ""
                found.append(f"<controller type='pci'{index} model='pcie-switch-downstream-port'/>")
            elif model == "pci-root":
                found.append(f"<controller type='pci' index='{number}' model='pci-root'/>")
            else:
                inner = node if model.endswith("expander-bus") and self.chance(0.7) else ""
                found.append(f"<controller type='pci'{index} model='{model}'>{inner}</controller>")
            number += 1
        if with_index and self.chance(0.3):
            self.random.shuffle(found)
        return found

    def virtio_serial(self) -> list[str]:
        ports = f" ports='{self.random.randint(4, 31)}'" if self.chance(0.4) else ""
        return [f"<controller type='virtio-serial' index='0'{ports}>{self.address()}</controller>"]

    def character_devices(self) -> list[str]:
        found = [
            f"<channel type='null'><target type='virtio' name='org.example.{number}'/></channel>"
            for number in range(self.random.randint(0, 4))
        ]
        if self.chance(0.6):
            found.append("<serial type='null'/>")
        if self.chance(0.3):
            found.append("<console type='null'><target type='virtio'/></console>")
        if self.chance(0.2) and self.board.arch == "x86_64":
            found.append("<parallel type='null'/>")
        if self.chance(0.2) and self.board.pci and self.board.arch != "ppc64":
            found.append("<serial type='null'><target type='pci-serial'/></serial>")
        return found

    def inputs(self) -> list[str]:
        found = []
        for _ in range(self.random.randint(1, 3)):
            bus = self.random.choice(self.board.input_buses)
            kind = (
                self.random.choice(("mouse", "keyboard"))
                if bus == "ps2"
                else self.random.choice(("tablet", "keyboard"))
            )
            told = f" bus='{bus}'" if bus else ""
            found.append(f"<input type='{kind}'{told}/>")
        return found

    def videos(self) -> list[str]:
        if self.board.arch == "s390x" or self.chance(0.2):
            return ["<video><model type='none'/></video>"]
        first = f"<video><model type='{self.random.choice(self.board.videos)}'/>{self.address(0.05)}</video>"
        second = "<video><model type='virtio'/></video>" if self.chance(0.2) else ""
        return ["<graphics type='vnc'/>", first, *([second] if second else [])]

    def sounds(self) -> list[str]:
        count = self.random.randint(1, 2) if self.board.sounds else 0
        return [f"<sound model='{self.random.choice(self.board.sounds)}'/>" for _ in range(count)]

    def watchdog(self) -> list[str]:
        return [f"<watchdog model='{self.random.choice(self.board.watchdogs)}'/>"]

    def balloon(self) -> list[str]:
        models = ("none", "virtio", *(_VIRTIO[1:] if self.board.pci else ()))
        return [f"<memballoon model='{self.random.choice(models)}'/>"]

    def rngs(self) -> list[str]:
        one = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
        return [one] * self.random.randint(1, 2)

    def filesystems(self) -> list[str]:
        return [
            f"<filesystem type='mount'><source dir='/usr'/><target dir='share{number}'/>{self.address()}</filesystem>"
            for number in range(self.random.randint(1, 2))
        ]

    def shared_memory(self) -> list[str]:
        if not self.board.pci or self.board.arch == "ppc64":
            return []
        return ["<shmem name='generated'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>"]

    def hubs(self) -> list[str]:
        return [] if self.board.arch == "s390x" else ["<hub type='usb'/>"]

    def redirections(self) -> list[str]:
        if self.board.arch == "s390x":
            return []
        return ["<redirdev bus='usb' type='null'/>"] * self.random.randint(1, 4)

    def panic(self) -> list[str]:
        return ["<panic model='isa'/>"] if self.board.arch == "x86_64" else []

    def vsock(self) -> list[str]:
        return ["<vsock model='virtio'><cid auto='no' address='4'/></vsock>"]

    def host_devices(self) -> list[str]:
        if not self.board.pci or self.board.arch == "ppc64":
            return []
        return [
            "<hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/>"
            f"<source><address domain='0' bus='0x{0xA0 + number:02x}' slot='0' function='0'/></source></hostdev>"
            for number in range(self.random.randint(1, 2))
        ]
