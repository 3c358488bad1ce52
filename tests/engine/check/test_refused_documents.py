"""Each thing that libvirt refuses for reasons of addresses, controllers or placement, as a document, is refused."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from recorded import Recorded, general

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.engine.plan import plan
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.probe.embedded import capabilities_for

PC = "x86_64 pc"
Q35 = "x86_64 q35"
MICROVM = "x86_64 microvm"
PSERIES = "ppc64 pseries"
S390 = "s390x s390-ccw-virtio"
ARM = "aarch64 virt"
VEXPRESS = "armv7l vexpress-a9"
SPARC = "sparc SS-5"


class Row(NamedTuple):
    """A machine, the devices, and what stands beside them in the domain."""

    machine: str
    devices: str
    domain: str = ""


def controller(type: str, index: int | None = None, model: str | None = None, inner: str = "", **more: str) -> str:
    attributes = {"index": index, "model": model, **more}
    text = "".join(f" {name}='{value}'" for name, value in attributes.items() if value is not None)
    return f"<controller type='{type}'{text}>{inner}</controller>"


def pci(index: int, model: str, inner: str = "") -> str:
    return controller("pci", index, model, inner)


def at(slot: str, bus: str = "0", function: str = "0", **more: str) -> str:
    text = "".join(f" {name}='{value}'" for name, value in more.items())
    return f"<address type='pci' domain='0' bus='{bus}' slot='{slot}' function='{function}'{text}/>"


def drive(controller: int = 0, bus: int = 0, target: int = 0, unit: int = 0) -> str:
    return f"<address type='drive' controller='{controller}' bus='{bus}' target='{target}' unit='{unit}'/>"


def disk(dev: str, bus: str, inner: str = "", device: str = "disk", type: str = "file") -> str:
    source = "<source dev='/dev/x'/>" if type == "block" else "<source file='/x'/>"
    return f"<disk type='{type}' device='{device}'>{source}<target dev='{dev}' bus='{bus}'/>{inner}</disk>"


def rng(address: str) -> str:
    return f"<rng model='virtio'><backend model='random'>/dev/random</backend>{address}</rng>"


def usb(path: str, bus: int = 0) -> str:
    return f"<address type='usb' bus='{bus}' port='{path}'/>"


def scsi_host(unit: int, address: str = "") -> str:
    return (
        "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/>"
        f"<address bus='0' target='0' unit='{unit}'/></source>{address}</hostdev>"
    )


def mdev(model: str, address: str, uuid: str = "53764d0e-85a0-42b4-af5c-2046b4600001") -> str:
    source = f"<source><address uuid='{uuid}'/></source>"
    return f"<hostdev mode='subsystem' type='mdev' model='{model}'>{source}{address}</hostdev>"


def host(slot: str, address: str = "") -> str:
    source = f"<source><address domain='0' bus='0x41' slot='{slot}' function='0'/></source>"
    return f"<hostdev mode='subsystem' type='pci' managed='yes'>{source}{address}</hostdev>"


def channel(address: str) -> str:
    return f"<channel type='pty'><target type='virtio' name='n'/>{address}</channel>"


def serial_port(port: int) -> str:
    return f"<address type='virtio-serial' controller='0' bus='0' port='{port}'/>"


def serial(type: str, model: str = "", inner: str = "") -> str:
    name = f"<model name='{model}'/>" if model else ""
    return f"<serial type='pty'><target type='{type}'>{name}</target>{inner}</serial>"


def memory(model: str, address: str = "", node: str = "<node>0</node>", inner: str = "") -> str:
    return f"<memory model='{model}'><target><size unit='MiB'>512</size>{node}{inner}</target>{address}</memory>"


def ports(*places: tuple[int, str]) -> str:
    return "".join(pci(index, "pcie-root-port", place) for index, place in places)


ROOM = (
    "<maxMemory slots='1' unit='GiB'>16</maxMemory><memory unit='GiB'>4</memory>"
    "<cpu><numa><cell id='0' cpus='0' memory='1' unit='GiB'/></numa></cpu>"
)
ACPI = "<features><acpi/></features>"
VIRTIO_SCSI = controller("scsi", 0, "virtio-scsi")
CCW = "<address type='ccw' cssid='0xfe' ssid='0' devno='0x1'/>"

CONTROLLERS = {
    "negative index": Row(Q35, "<controller type='pci' index='-1' model='pci-bridge'/>"),
    "root with an address": Row(Q35, pci(0, "pcie-root", at("2"))),
    "index twice": Row(PC, pci(1, "pci-bridge") * 2),
    "not the machine's root, q35": Row(Q35, pci(0, "pci-root")),
    "not the machine's root, pc": Row(PC, pci(0, "pcie-root")),
    "second root": Row(PC, pci(0, "pci-root") + pci(1, "pci-root")),
    "conventional expander on q35": Row(Q35, pci(0, "pcie-root") + pci(1, "pci-expander-bus")),
    "expander on pc": Row(PC, pci(0, "pci-root") + pci(1, "pcie-expander-bus")),
    "no such cell": Row(Q35, pci(1, "pcie-expander-bus", "<target busNr='200'><node>1</node></target>"), ROOM),
    "no USB, and USB": Row(PC, controller("usb", 0, "none") + controller("usb", 1, "ehci")),
    "companions without master": Row(PC, controller("usb", 0, "ich9-uhci1", "<master startport='0'/>")),
    "nec-xhci ports": Row(PC, controller("usb", 0, "nec-xhci", ports="16")),
    "qemu-xhci ports": Row(PC, controller("usb", 0, "qemu-xhci", ports="16")),
    "qusb1": Row(PC, controller("usb", 0, "qusb1")),
    "qusb2": Row(PC, controller("usb", 0, "qusb2")),
    "buslogic": Row(PC, controller("scsi", 0, "buslogic")),
    "ncr53c90": Row(PC, controller("scsi", 0, "ncr53c90")),
    "second ncr53c90": Row(SPARC, controller("scsi", 1, "ncr53c90")),
    "thread of lsilogic": Row(PC, controller("scsi", 0, "lsilogic", "<driver iothread='1'/>")),
    "thread of virtio-serial": Row(PC, controller("virtio-serial", 0, None, "<driver iothread='1'/>")),
    "ide on q35": Row(Q35, disk("hda", "ide")),
    "ide on Arm": Row(ARM, controller("ide", 0)),
    "second ide": Row(PC, controller("ide", 1)),
    "two USB masters": Row(PC, controller("usb", 0, "ehci") + controller("usb", 0, "nec-xhci") + disk("sda", "usb")),
    "ide elsewhere": Row(PC, controller("ide", 0, None, at("5"))),
    "usb elsewhere": Row(PC, controller("usb", 0, "piix3-uhci", at("5"))),
    "sata elsewhere": Row(Q35, controller("sata", 0, None, at("5"))),
    "piix3 on Express": Row(Q35, controller("usb", 0, "piix3-uhci", at("1", function="2"))),
    "piix3 ide on Express": Row(ARM, controller("ide", 0, None, at("1", function="1"))),
    "index 256": Row(PC, pci(256, "pci-bridge", at("5"))),
    "bridge on itself": Row(PC, pci(1, "pci-bridge", at("1", "1"))),
    "bridge on a later one": Row(PC, pci(1, "pci-bridge", at("1", "2")) + pci(2, "pci-bridge", at("5"))),
    "chassisNr 0": Row(PC, pci(1, "pci-bridge", "<target chassisNr='0'/>")),
    "chassisNr 256": Row(PC, pci(1, "pci-bridge", "<target chassisNr='256'/>")),
    "chassis 256": Row(Q35, pci(1, "pcie-root-port", "<target chassis='256'/>")),
    "port 256": Row(Q35, pci(1, "pcie-root-port", "<target port='256'/>")),
    "busNr 0": Row(Q35, pci(1, "pcie-expander-bus", "<target busNr='0'/>")),
    "busNr 255": Row(Q35, pci(1, "pcie-expander-bus", "<target busNr='255'/>")),
    "host bridge 31": Row(PSERIES, pci(1, "pci-root", "<target index='31'/>")),
    "host bridge 0 twice": Row(PSERIES, pci(1, "pci-root", "<target index='0'/>")),
    "host bridge 0 as another": Row(PSERIES, pci(0, "pci-root", "<target index='1'/>")),
    "cell of host bridge 0": Row(PSERIES, pci(0, "pci-root", "<target><node>0</node></target>"), ROOM),
    "host bridges of no cell": Row(PSERIES, pci(1, "pci-root", "<target><node>7</node></target>"), ROOM),
    "too many host bridges": Row(PSERIES, "".join(pci(n, "pci-root") for n in range(1, 33))),
    "model name of another": Row(Q35, pci(1, "pcie-root-port", "<model name='pxb'/>")),
    "no bus number left": Row(Q35, pci(1, "pcie-expander-bus", "<target busNr='2'/>") + pci(2, "pcie-expander-bus")),
    "downstream port without a switch": Row(Q35, pci(1, "pcie-switch-downstream-port")),
    "dmi bridge without root": Row(PC, pci(1, "dmi-to-pci-bridge")),
    "Express-only bridge on pc": Row(PC, pci(1, "pcie-to-pci-bridge")),
    "root port on pc": Row(PC, pci(1, "pcie-root-port")),
    "no model": Row(PC, "<controller type='pci' index='1'/>"),
    "unknown type": Row(PC, controller("nvme", 0)),
    "unknown model": Row(PC, controller("scsi", 0, "aic7xxx")),
}

PCI_ADDRESSES = {
    "bus 256": Row(PC, rng(at("5", "0x100"))),
    "slot 32": Row(PC, rng(at("0x20"))),
    "function 8": Row(PC, rng(at("5", function="8"))),
    "domain 65536": Row(PC, rng("<address type='pci' domain='0x10000' bus='0' slot='5' function='0'/>")),
    "domain 1": Row(PC, rng("<address type='pci' domain='1' bus='0' slot='5' function='0'/>")),
    "twice": Row(PC, rng(at("5")) + controller("usb", 1, "ehci", at("5"))),
    "chipset, pc": Row(PC, rng(at("1", function="3"))),
    "chipset, pc bridge": Row(PC, rng(at("1"))),
    "chipset, q35": Row(Q35, controller("usb", 1, "ehci", at("0x1f", function="3"))),
    "slot 0 of a bridge": Row(PC, pci(1, "pci-bridge") + rng(at("0", "1"))),
    "slot 1 of a port": Row(Q35, pci(1, "pcie-root-port") + rng(at("1", "1"))),
    "endpoint on an upstream port": Row(
        Q35, pci(1, "pcie-root-port") + pci(2, "pcie-switch-upstream-port", at("0", "1")) + rng(at("1", "2"))
    ),
    "port on a bridge": Row(
        Q35, pci(1, "dmi-to-pci-bridge") + pci(2, "pci-bridge", at("1", "1")) + pci(3, "pcie-root-port", at("1", "2"))
    ),
    "dmi bridge on a bridge": Row(
        Q35,
        pci(1, "dmi-to-pci-bridge") + pci(2, "pci-bridge", at("1", "1")) + pci(3, "dmi-to-pci-bridge", at("1", "2")),
    ),
    "expander behind a port": Row(Q35, pci(1, "pcie-root-port") + pci(2, "pcie-expander-bus", at("0", "1"))),
    "conventional expander on a bridge": Row(PC, pci(1, "pci-bridge") + pci(2, "pci-expander-bus", at("1", "1"))),
    "integrated elsewhere": Row(Q35, pci(1, "pcie-root-port") + f"<iommu model='virtio'>{at('0', '1')}</iommu>", ACPI),
    "pvpanic elsewhere": Row(PC, pci(1, "pci-bridge") + f"<panic model='pvpanic'>{at('1', '1')}</panic>"),
    "no PCI": Row(MICROVM, rng("")),
    "no PCI on isapc": Row("x86_64 isapc", "<memballoon model='virtio'/>"),
    "no room": Row(
        Q35, "".join(pci(n, "pcie-root-port") for n in range(1, 256)) + "<watchdog model='i6300esb'/>" + rng("")
    ),
    "zpci elsewhere": Row(PC, host("0", "<address type='pci'><zpci uid='1' fid='1'/></address>")),
    "uid 0": Row(S390, host("0", "<address type='pci'><zpci uid='0' fid='0'/></address>")),
    "uid too large": Row(S390, host("0", "<address type='pci'><zpci uid='0x10000'/></address>")),
    "uid twice": Row(
        S390, "".join(host(n, f"<address type='pci'><zpci uid='3' fid='{n}'/></address>") for n in ("0", "1"))
    ),
    "fid twice": Row(
        S390, "".join(host(n, f"<address type='pci'><zpci uid='{n}' fid='3'/></address>") for n in ("1", "2"))
    ),
    "virtio disk on usb": Row(PC, disk("vda", "virtio", usb("1"))),
    "virtio disk with a drive address": Row(PC, disk("vda", "virtio", drive())),
}

OTHER_ADDRESSES = {
    "no type": Row(PC, rng("<address/>")),
    "unknown type": Row(PC, rng("<address type='scsi'/>")),
    "virtio-s390": Row(S390, rng("<address type='virtio-s390'/>")),
    "not a number": Row(PC, disk("sda", "sata", "<address type='drive' unit='x'/>")),
    "negative": Row(PC, disk("sda", "sata", "<address type='drive' unit='-1'/>")),
    "ccw on pc": Row(PC, rng(CCW)),
    "devno twice": Row(S390, rng(CCW) + disk("vda", "virtio", CCW)),
    "cssid 255": Row(S390, rng("<address type='ccw' cssid='0xff' ssid='0' devno='0x1'/>")),
    "ssid 4": Row(S390, rng("<address type='ccw' cssid='0xfe' ssid='4' devno='0x1'/>")),
    "devno 65536": Row(S390, rng("<address type='ccw' cssid='0xfe' ssid='0' devno='0x10000'/>")),
    "half a ccw address": Row(S390, rng("<address type='ccw' cssid='0xfe'/>")),
    "register too large": Row(
        PSERIES, controller("scsi", 0, "ibmvscsi", "<address type='spapr-vio' reg='0x1ffffffff'/>")
    ),
    "register twice": Row(
        PSERIES,
        "".join(controller("scsi", n, "ibmvscsi", "<address type='spapr-vio' reg='0x2000'/>") for n in range(2)),
    ),
    "path of five": Row(PC, disk("sda", "usb", usb("1.1.1.1.1"))),
    "path of words": Row(PC, disk("sda", "usb", usb("1.a"))),
    "no such port": Row(PC, disk("sda", "usb", usb("3"))),
    "no hub there": Row(PC, disk("sda", "usb", usb("1.1"))),
    "no such port of a hub": Row(PC, f"<hub type='usb'>{usb('1')}</hub>" + disk("sda", "usb", usb("1.9"))),
    "port twice": Row(PC, disk("sda", "usb", usb("1")) + disk("sdb", "usb", usb("1"))),
    "hub twice": Row(PC, f"<hub type='usb'>{usb('1')}</hub>" * 2),
    "no such bus": Row(PC, disk("sda", "usb", usb("1", 1))),
    "no such bus, no port": Row(PC, disk("sda", "usb", "<address type='usb' bus='3'/>")),
    "usb input without usb": Row(PC, controller("usb", 0, "none") + "<input type='tablet' bus='usb'/>"),
    "hub without usb": Row(PC, controller("usb", 0, "none") + "<hub type='usb'/>"),
    "disk without usb": Row(PC, controller("usb", 0, "none") + disk("sda", "usb")),
    "redirection without usb": Row(PC, controller("usb", 0, "none") + "<redirdev bus='usb' type='spicevmc'/>"),
    "smartcard without usb": Row(PC, controller("usb", 0, "none") + "<smartcard mode='host'/>"),
    "host usb without usb": Row(
        PC,
        controller("usb", 0, "none")
        + "<hostdev mode='subsystem' type='usb'><source><vendor id='1'/><product id='2'/></source></hostdev>",
    ),
    "usb input elsewhere": Row(PC, f"<input type='tablet' bus='usb'>{at('5')}</input>"),
    "redirection elsewhere": Row(PC, f"<redirdev bus='usb' type='spicevmc'>{at('5')}</redirdev>"),
    "usb serial elsewhere": Row(PC, serial("usb-serial", "", at("5"))),
    "channel port twice": Row(PC, channel(serial_port(3)) * 2),
    "channel port too high": Row(PC, channel(serial_port(31))),
    "channel port too high, few ports": Row(
        PC, controller("virtio-serial", 0, None, ports="4") + channel(serial_port(4))
    ),
    "channel ports all taken": Row(
        PC, controller("virtio-serial", 0, None, ports="1") + channel("<address type='virtio-serial' controller='0'/>")
    ),
    "unassigned": Row(PC, rng("<address type='unassigned'/>")),
    "unassigned disk": Row(PC, disk("sda", "scsi", "<address type='unassigned'/>")),
    "dimm elsewhere": Row(PC, memory("virtio-pmem", "<address type='dimm' slot='0'/>", ""), ROOM),
    "dimm without slot": Row(PC, memory("dimm", "<address type='dimm'/>"), ROOM),
    "slot 1 of 1": Row(PC, memory("dimm", "<address type='dimm' slot='1'/>"), ROOM),
    "slot twice": Row(
        PC, memory("dimm", "<address type='dimm' slot='0'/>") * 2, ROOM.replace("slots='1'", "slots='4'")
    ),
    "slots used up": Row(PC, memory("dimm") * 2, ROOM),
    "bases": Row(
        PC,
        memory("virtio-mem", inner="<address base='0x140000000'/>")
        + memory("virtio-mem", inner="<address base='0x150000000'/>"),
        ROOM,
    ),
    "no room for memory": Row(PC, memory("dimm")),
    "no such cell for memory": Row(PC, memory("dimm", "", "<node>1</node>"), ROOM),
    "more memory devices than memory": Row(
        PC, memory("dimm"), "<maxMemory slots='1' unit='GiB'>16</maxMemory><memory unit='MiB'>256</memory>"
    ),
}

DISKS = {
    "no target": Row(PC, "<disk type='file' device='disk'><source file='/x'/></disk>"),
    "name without number": Row(PC, disk("nvme0n1", "virtio")),
    "name too long": Row(PC, disk("hdaxxxxxxxxxx", "ide")),
    "name of no disk": Row(PC, disk("fda", "virtio", at("5"))),
    "name of no floppy": Row(PC, disk("sda", "fdc", device="floppy")),
    "partition": Row(PC, disk("vda1", "virtio")),
    "name twice": Row(PC, disk("sda", "sata") + disk("sda", "usb")),
    **{
        f"{bus}, not drive": Row(PC, disk(dev, bus, at("5")))
        for bus, dev in (("scsi", "sda"), ("ide", "hda"), ("sata", "sda"))
    },
    "fdc, not drive": Row(PC, disk("fda", "fdc", at("5"), "floppy")),
    "usb, not usb": Row(PC, disk("sda", "usb", at("5"))),
    "place twice": Row(PC, disk("sda", "sata") + disk("sdb", "sata", drive())),
    "place of a SCSI host device": Row(PC, scsi_host(0, drive()) + disk("sda", "scsi")),
    "place of a SCSI disk": Row(PC, disk("sdb", "scsi", drive()) + scsi_host(0, drive())),
    "place of two SCSI host devices": Row(PC, scsi_host(0, drive()) + scsi_host(1, drive())),
    "scsi bus": Row(PC, disk("sda", "scsi", drive(bus=1))),
    "lsilogic target": Row(PC, controller("scsi", 0, "lsilogic") + disk("sda", "scsi", drive(target=1))),
    "ide controller": Row(PC, disk("hde", "ide")),
    "ide target": Row(PC, disk("hda", "ide", drive(target=1))),
    "sata bus": Row(PC, disk("sda", "sata", drive(bus=1))),
    "sata target": Row(PC, disk("sda", "sata", drive(target=1))),
    "fdc controller": Row(PC, disk("fdc", "fdc", device="floppy")),
    "fdc bus": Row(PC, disk("fda", "fdc", drive(bus=1), "floppy")),
    "fdc target": Row(PC, disk("fda", "fdc", drive(target=1), "floppy")),
    "floppy elsewhere": Row(PC, disk("fda", "sata", device="floppy")),
    "disk on fdc": Row(PC, disk("hda", "fdc")),
    "CD on virtio": Row(PC, disk("vda", "virtio", device="cdrom")),
    "CD on sd": Row(PC, disk("sda", "sd", device="cdrom")),
    "empty usb disk": Row(PC, "<disk type='file' device='disk'><target dev='sda' bus='usb'/></disk>"),
    "lun on sata": Row(PC, disk("sda", "sata", device="lun", type="block")),
    "lun in a file": Row(PC, VIRTIO_SCSI + disk("sda", "scsi", device="lun")),
    "xen": Row(PC, disk("xvda", "xen")),
    "uml": Row(PC, disk("ubda", "uml")),
    "read-only sata": Row(PC, disk("sda", "sata", "<readonly/>")),
}

OTHERS = {
    "two balloons": Row(PC, "<memballoon model='virtio'/>" * 2),
    "two nvrams": Row(PSERIES, "<nvram/>" * 2),
    "two smmus on machines without": Row(Q35, "<iommu model='smmuv3'/>" * 2),
    "two vsocks": Row(PC, "<vsock model='virtio'><cid auto='yes'/></vsock>" * 2),
    "two pstores": Row(PC, "<pstore backend='acpi-erst'><path>/x</path><size>8</size></pstore>" * 2, ACPI),
    "three tpms": Row(PSERIES, "<tpm model='tpm-spapr'/>" * 2 + "<tpm model='spapr-tpm-proxy'/>"),
    "two tpms": Row(PC, "<tpm model='tpm-tis'/>" * 2),
    "two tpm proxies": Row(PSERIES, "<tpm model='spapr-tpm-proxy'/>" * 2),
    "tpm of another machine": Row(ARM, "<tpm model='tpm-crb'><backend type='emulator'/></tpm>"),
    "no video and video": Row(PC, "<video><model type='none'/></video><video><model type='qxl'/></video>"),
    "two primaries": Row(PC, "<video><model type='qxl' primary='yes'/></video>" * 2),
    "second vga": Row(PC, "<video><model type='vga'/></video>" * 2),
    "ramfb with an address": Row(PC, f"<video><model type='ramfb'/>{at('5')}</video>"),
    "watchdog actions": Row(Q35, "<watchdog model='itco' action='none'/><watchdog model='i6300esb' action='reset'/>"),
    "two watchdogs": Row(PC, "<watchdog model='ib700'/>" * 2),
    "ib700 on q35": Row(Q35, "<watchdog model='ib700'/>"),
    "ib700 with an address": Row(PC, f"<watchdog model='ib700'>{at('5')}</watchdog>"),
    "diag288 on pc": Row(PC, "<watchdog model='diag288'/>"),
    "diag288 with an address": Row(S390, f"<watchdog model='diag288'>{CCW}</watchdog>"),
    "itco on pc": Row(PC, "<watchdog model='itco'/>"),
    "itco with an address": Row(Q35, f"<watchdog model='itco'>{at('5')}</watchdog>"),
    "i6300esb elsewhere": Row(PC, f"<watchdog model='i6300esb'>{drive()}</watchdog>"),
    "panic without default": Row("riscv64 virt", "<panic/>"),
    "panic of s390": Row(PC, "<panic model='s390'/>"),
    "panic of pseries": Row(PC, "<panic model='pseries'/>"),
    "panic of x86": Row(ARM, "<panic model='hyperv'/>"),
    "panic of s390 with an address": Row(S390, "<panic model='s390'><address type='isa' iobase='0x505'/></panic>"),
    "panic of pseries with an address": Row(PSERIES, "<panic><address type='isa' iobase='0x505'/></panic>"),
    "isa panic elsewhere": Row(PC, f"<panic model='isa'>{at('5')}</panic>"),
    "pvpanic elsewhere": Row(ARM, "<panic model='pvpanic'><address type='isa' iobase='0x505'/></panic>"),
    "two panics": Row(PC, "<panic/><panic model='isa'/>"),
    "intel iommu on pc": Row(PC, "<iommu model='intel'/>"),
    "virtio iommu on pc": Row(PC, "<iommu model='virtio'/>", ACPI),
    "virtio iommu elsewhere": Row(Q35, f"<iommu model='virtio'>{drive()}</iommu>", ACPI),
    "virtio iommu without ACPI": Row(Q35, "<iommu model='virtio'/>"),
    "many vCPUs": Row(PC, "", "<vcpu>256</vcpu>"),
    "many vCPUs without eim": Row(Q35, "<iommu model='virtio'/>", "<vcpu>256</vcpu>" + ACPI),
    "ps2 off": Row(PC, "<input type='mouse' bus='ps2'/>", "<features><ps2 state='off'/></features>"),
    "ps2 nowhere": Row(ARM, "<input type='mouse' bus='ps2'/>"),
    "ps2 stated": Row(ARM, "", "<features><ps2 state='on'/></features>"),
    "parallel on pseries": Row(PSERIES, "<parallel type='pty'/>"),
    "parallel on s390": Row(S390, "<parallel type='pty'/>"),
    "spapr serial on pc": Row(PC, serial("spapr-vio-serial")),
    "pl011 on pc": Row(PC, serial("system-serial", "pl011")),
    "16550a on Arm": Row(ARM, serial("system-serial", "16550a")),
    "sclp on pc": Row(PC, serial("sclp-serial")),
    "model of another type": Row(PC, serial("isa-serial", "pci-serial")),
    "system serial with an address": Row(ARM, serial("system-serial", "pl011", at("5"))),
    "isa serial elsewhere": Row(PC, serial("isa-serial", "", at("5"))),
    "isa debug on Arm": Row(ARM, serial("isa-debug")),
    "five isa serials": Row(PC, serial("isa-serial") * 5),
    "isa port 4": Row(PC, "<serial type='pty'><target type='isa-serial' port='4'/></serial>"),
    "isa port twice": Row(PC, "<serial type='pty'><target type='isa-serial' port='1'/></serial>" * 2),
    "second serial console": Row(PC, "<console type='pty'><target type='serial'/></console>" * 2),
    "xen console": Row(
        PC, "<console type='pty'><target type='virtio'/></console><console type='pty'><target type='xen'/></console>"
    ),
    "channel without type": Row(PC, "<channel type='pty'><target name='n'/></channel>"),
    "two smartcards": Row(PC, "<smartcard mode='host'/>" * 2),
    "smartcard elsewhere": Row(PC, f"<smartcard mode='host'>{usb('1')}</smartcard>"),
    "smartcard slot": Row(PC, "<smartcard mode='host'><address type='ccid' controller='0' slot='1'/></smartcard>"),
    "nvram on pc": Row(PC, "<nvram/>"),
    "pci twice": Row(PC, host("0") * 2),
    "pci twice, once as an interface": Row(
        PC,
        host("0") + "<interface type='hostdev'><mac address='52:54:00:00:00:01'/>"
        "<source><address type='pci' domain='0' bus='0x41' slot='0' function='0'/></source></interface>",
    ),
    "usb twice": Row(
        PC,
        "<hostdev mode='subsystem' type='usb'><source><vendor id='1'/><product id='2'/></source></hostdev>" * 2,
    ),
    "scsi twice": Row(PC, scsi_host(1) * 2),
    "mdev twice": Row(PC, mdev("vfio-pci", "") * 2),
    "mdev elsewhere": Row(PC, mdev("vfio-pci", drive())),
    "vfio-ccw on PCI": Row(S390, mdev("vfio-ccw", at("5"))),
    "pci elsewhere": Row(PC, host("0", drive())),
    "usb host device elsewhere": Row(
        PC,
        "<hostdev mode='subsystem' type='usb'><source><vendor id='1'/><product id='2'/></source>"
        + at("5")
        + "</hostdev>",
    ),
    "scsi host device elsewhere": Row(PC, scsi_host(1, at("5"))),
    "scsi_host elsewhere": Row(
        PC,
        "<hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/>"
        + drive()
        + "</hostdev>",
    ),
    "transitional keyboard": Row(PC, "<input type='keyboard' bus='virtio' model='virtio-transitional'/>"),
}

NAMED = {
    f"{group}: {name}": row
    for group, rows in {
        "controller": CONTROLLERS,
        "pci": PCI_ADDRESSES,
        "address": OTHER_ADDRESSES,
        "disk": DISKS,
        "device": OTHERS,
    }.items()
    for name, row in rows.items()
}


def refusal(row: Row) -> DevaddrError:
    """The error that is raised for a row."""
    arch, machine = row.machine.split()
    text = (
        f"<domain type='kvm'>\n<name>n</name>{row.domain}<os><type arch='{arch}' machine='{machine}'>hvm</type></os>\n"
        f"<devices>\n{row.devices}\n</devices></domain>"
    )
    with pytest.raises(DevaddrError) as caught:
        plan(read(parse(text)), capabilities=capabilities_for(arch))
    return caught.value


@pytest.mark.parametrize("row", NAMED.values(), ids=NAMED)
def test_refused(row: Row) -> None:
    error = refusal(row)
    assert type(error) is not DevaddrError
    assert error.line is None or 2 <= error.line <= 5
    assert error.device or error.line or error.remedy


def test_classes(golden: Recorded) -> None:
    """Which error each document has."""
    classes: dict[str, list[str]] = {}
    for name, row in NAMED.items():
        classes.setdefault(type(refusal(row)).__name__, []).append(name)
    golden(*(f"{error}: {', '.join(names)}" for error, names in sorted(classes.items())))


def test_messages(golden: Recorded) -> None:
    """One message of each sort, as its first words have it."""
    messages: dict[str, str] = {}
    for row in NAMED.values():
        error = refusal(row)
        messages.setdefault(" ".join(general(error.message).split()[:2]), str(error))
    golden(*messages.values())
