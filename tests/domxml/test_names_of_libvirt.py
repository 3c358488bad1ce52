"""Everything that libvirt 12.8 names as a device with an address is placed, known to have none, or refused by name.

domain-names-12.8.txt has a line for each attribute: the device, the attribute, and the values that libvirt's grammar
lists. Where a libvirt is installed, its grammar has nothing that is not in the list.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from domxml.domain_names import Grammar
from lxml import etree

from devaddr_xml import DevaddrError, assign, known_capabilities
from devaddr_xml.model.kind_rows import KINDS

LIST = Path(__file__).with_name("domain-names-12.8.txt")
SCHEMAS = Path(os.environ.get("LIBVIRT_SCHEMAS", "/usr/share/libvirt/schemas"))

MACHINES = (
    ("x86_64", "q35"),
    ("x86_64", "pc"),
    ("aarch64", "virt"),
    ("ppc64", "pseries"),
    ("s390x", "s390-ccw-virtio"),
)

#: A plain device of each kind.
DEVICES = {
    "channel": "<channel type='pty'><target type='virtio' name='org.a'/></channel>",
    "console": "<console type='pty'><target type='virtio'/></console>",
    "controller": "<controller type='scsi'/>",
    "crypto": "<crypto model='virtio' type='qemu'><backend model='builtin'/></crypto>",
    "disk": "<disk type='file' device='disk'><source file='/x'/><target dev='sda' bus='sata'/>"
    "<serial>s</serial></disk>",
    "filesystem": "<filesystem type='mount'><source dir='/x'/><target dir='x'/></filesystem>",
    "hostdev": "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='0' function='0'/>"
    "</source></hostdev>",
    "hub": "<hub type='usb'/>",
    "input": "<input type='mouse' bus='usb'/>",
    "interface": "<interface type='user'><model type='virtio'/></interface>",
    "iommu": "<iommu model='intel'/>",
    "memballoon": "<memballoon model='virtio'/>",
    "memory": "<memory model='dimm'><source><path>/x</path></source><target><size unit='MiB'>128</size><node>0</node>"
    "<block unit='MiB'>2</block></target></memory>",
    "nvram": "<nvram/>",
    "panic": "<panic model='isa'/>",
    "parallel": "<parallel type='pty'/>",
    "pstore": "<pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>8</size></pstore>",
    "redirdev": "<redirdev bus='usb' type='pty'/>",
    "rng": "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
    "serial": "<serial type='pty'><target type='isa-serial'/></serial>",
    "shmem": "<shmem name='a'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>",
    "smartcard": "<smartcard mode='host'/>",
    "sound": "<sound model='ich9'/>",
    "tpm": "<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>",
    "video": "<video><model type='virtio'/></video>",
    "vsock": "<vsock model='virtio'><cid auto='yes'/></vsock>",
    "watchdog": "<watchdog model='i6300esb'/>",
}

#: What an attribute needs beside it: of another one, or of a name.
BESIDE = {
    ("disk", "target/bus", "fdc"): {"device": "floppy", "target/dev": "fda"},
    ("disk", "target/bus", "ide"): {"target/dev": "hda"},
    ("disk", "target/bus", "virtio"): {"target/dev": "vda"},
    ("disk", "target/bus", "nvme"): {"target/dev": "nvme0n1"},
    ("disk", "device", "floppy"): {"target/bus": "fdc", "target/dev": "fda"},
    **{
        ("disk", "model", name): {"target/bus": "virtio", "target/dev": "vda"}
        for name in ("virtio", "virtio-transitional", "virtio-non-transitional")
    },
    **{("disk", "model", name): {"target/bus": "usb"} for name in ("usb-storage", "usb-bot")},
    ("input", "bus", "virtio"): {"type": "tablet"},
    ("input", "type", "passthrough"): {"bus": "virtio"},
}
#: The type of controller that has a model, where it is not scsi.
CONTROLLERS = {
    "pci": "dmi-to-pci-bridge pci-bridge pci-expander-bus pci-root pcie-expander-bus pcie-root pcie-root-port "
    "pcie-switch-downstream-port pcie-switch-upstream-port pcie-to-pci-bridge",
    "usb": "ehci ich9-ehci1 ich9-uhci1 ich9-uhci2 ich9-uhci3 nec-xhci none pci-ohci piix3-uhci piix4-uhci qemu-xhci "
    "qusb1 qusb2 vt82c686b-uhci",
    "ide": "piix3 piix4 ich6",
    "virtio-serial": "virtio",
}

#: What is taken and gets no address: part of the machine, on no bus, or written into the document as it is.
WITHOUT_ADDRESS = """
    channel target/type: xen
    console target/type: sclp sclplm serial virtio
    controller model: none pci-root pcie-root
    controller type: ide fdc sata
    disk target/bus: sd
    input bus: ps2
    iommu model: intel smmuv3
    memballoon model: none
    memory model: sgx-epc
    nvram -:
    panic model: hyperv isa pseries s390
    parallel target/type: *
    serial target/type: isa-debug sclp-serial system-serial isa-serial serial
    sound model: pcspk sb16
    tpm model: *
    video model/type: none ramfb
    watchdog model: diag288 ib700 itco
"""


def rows(text: str) -> dict[tuple[str, str], list[str]]:
    """By device and attribute, the values of a text."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        words, _, values = line.partition(":")
        kind, field = words.split()
        found[kind, field] = values.split()
    return found


NAMES = rows(LIST.read_text())
BARE = rows(WITHOUT_ADDRESS)


def device(kind: str, field: str, value: str) -> str:
    element = etree.fromstring(DEVICES[kind])
    controller = next((name for name, models in CONTROLLERS.items() if value in models.split()), "scsi")
    beside = {"type": controller} if (kind, field) == ("controller", "model") else BESIDE.get((kind, field, value), {})
    for name, text in {**beside, field: value}.items():
        if name == "-":
            continue
        inner, _, attribute = name.rpartition("/")
        holder = element
        if inner:
            found = element.find(inner)
            holder = found if found is not None else etree.SubElement(element, inner)
        holder.set(attribute, text)
    if controller == "pci" and beside and not value.endswith("-root"):
        element.set("index", "1")
    return etree.tostring(element, encoding="unicode")


def outcomes(kind: str, field: str, value: str) -> Iterator[str]:
    """What becomes of the device on each machine: placed, bare, or the words of its refusal."""
    for arch, machine in MACHINES:
        xml = (
            "<domain type='qemu'><name>a</name><maxMemory slots='4' unit='MiB'>4096</maxMemory><memory unit='MiB'>512"
            f"</memory><vcpu>1</vcpu><os><type arch='{arch}' machine='{machine}'>hvm</type></os><features><acpi/>"
            "</features><cpu><numa><cell id='0' cpus='0' memory='512' unit='MiB'/></numa></cpu><devices>"
            f"{device(kind, field, value)}</devices></domain>"
        )
        try:
            found = assign(xml, capabilities=known_capabilities(arch, libvirt="12.8.0", qemu="11.1.3"))
        except DevaddrError as error:
            yield str(error)
            continue
        mine = list(etree.fromstring(found.xml).find("devices").iter(kind))
        yield "placed" if any(each.find("address") is not None for each in mine) else "bare"


@pytest.mark.parametrize(("kind", "field"), NAMES, ids=" ".join)
def test_every_value_is_placed_known_or_refused_by_name(kind: str, field: str) -> None:
    without = BARE.get((kind, field), [])
    for value in NAMES[kind, field] or ["-"]:
        found = list(outcomes(kind, field, value))
        if "placed" in found:
            continue
        if "bare" in found:
            assert value in without or "*" in without or value == "-", f"{value} gets no address"
            continue
        assert all(value in text or kind in text for text in found), f"{value}: {found}"


def test_every_kind_with_an_address_is_a_kind_of_ours() -> None:
    ours = {kind.name for kind in KINDS if kind.visit is not None} | {"controller"}
    assert {kind for kind, _ in NAMES} == ours


def test_the_grammar_of_an_installed_libvirt_has_nothing_else() -> None:
    if not (SCHEMAS / "domaincommon.rng").exists():
        return  # no libvirt is installed; the list stands for it
    for kind, fields in Grammar(SCHEMAS).names().items():
        assert any(name == kind for name, _ in NAMES), kind
        for field, values in fields.items():
            known = NAMES.get((kind, field))
            assert known is None or set(values) <= set(known), (kind, field, set(values) - set(known))
