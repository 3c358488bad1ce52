"""libvirt's own grammar with hints laid over it, where libvirt's schemas are installed."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
from lxml import etree

from devaddr_xml.model.vocabulary import HINTS, NAMESPACE

RNG = Path(__file__).resolve().parent.parent.parent / "rng"
#: Another place of libvirt's schemas can be named for the tests.
SCHEMAS = Path(os.environ.get("DEVADDR_XML_LIBVIRT_SCHEMAS", "/usr/share/libvirt/schemas"))

pytestmark = pytest.mark.skipif(
    not (SCHEMAS / "domain.rng").is_file(), reason=f"libvirt's schemas are not installed in {SCHEMAS}"
)

DEVICES = {
    "disk": '<disk type="file" {}><source file="/x"/><target dev="vda" bus="virtio"/></disk>',
    "disk with alias": '<disk {}><alias name="ua-x"/><target dev="vda"/><address type="pci"/></disk>',
    "controller": '<controller type="scsi" index="0" model="virtio-scsi" {}/>',
    "root port": '<controller type="pci" index="1" model="pcie-root-port" {}><target hotplug="off"/></controller>',
    "filesystem": '<filesystem {}><source dir="/"/><target dir="x"/></filesystem>',
    "interface": '<interface type="network" {}><source network="x"/></interface>',
    "input": '<input type="mouse" bus="virtio" {}/>',
    "sound": '<sound model="ich9" {}/>',
    "hostdev": '<hostdev mode="subsystem" type="pci" {}><source><address slot="1"/></source></hostdev>',
    "video": '<video {}><model type="virtio"/></video>',
    "serial": '<serial type="pty" {}><target type="pci-serial" port="0"/></serial>',
    "channel": '<channel type="unix" {}><target type="virtio"/></channel>',
    "redirdev": '<redirdev bus="usb" type="spicevmc" {}/>',
    "rng": '<rng model="virtio" {}><backend model="random">/dev/urandom</backend></rng>',
    "shmem": '<shmem name="x" {}><model type="ivshmem-plain"/><size unit="M">4</size></shmem>',
    "watchdog": '<watchdog model="i6300esb" {}/>',
    "memballoon": '<memballoon model="virtio" {}/>',
    "panic": '<panic model="isa" {}/>',
    "iommu": '<iommu model="virtio" {}/>',
    "vsock": '<vsock model="virtio" {}/>',
}
GOOD = (
    "",
    'devaddr:node="1" devaddr:hotplug="yes"',
    'devaddr:root-complex="pci0000:26" devaddr:placement="switch" devaddr:slot-group="a" devaddr:port-hotplug="off"',
    'devaddr:bus="pci" devaddr:bus-group="b"',
    'devaddr:own-bus="yes"',
    'devaddr:pci-bus-of="ua-gpu0"',
    'devaddr:name="enp3s0"',
)
BAD = ('devaddr:node="one"', 'devaddr:hotplug="on"', 'devaddr:placment="switch"', 'devaddr:numa="off"', 'node="1"')

DOMAIN = f"""<domain type="kvm" xmlns:devaddr="{NAMESPACE}">
  <name>guest</name>
  <metadata>
    <app:note xmlns:app="urn:app" devaddr:anything="at all"><app:inner/>text</app:note>
    <devaddr:policy version="1" numa="strict"><devaddr:spare node="1" ports="2"/></devaddr:policy>
  </metadata>
  <memory>1048576</memory>
  <os><type arch="x86_64" machine="q35">hvm</type></os>
  <devices>DEVICE</devices>
</domain>"""


@functools.cache
def grammar() -> etree.RelaxNG:
    text = (RNG / "domain-with-hints.rng").read_text()
    return etree.RelaxNG(etree.fromstring(text.replace("file:///usr/share/libvirt/schemas", SCHEMAS.as_uri()).encode()))


def accepts(device: str) -> bool:
    return bool(grammar().validate(etree.fromstring(DOMAIN.replace("DEVICE", device))))


@pytest.mark.parametrize("hints", GOOD)
@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_devices_may_carry_hints(device: str, hints: str) -> None:
    assert accepts(device.format(hints))


@pytest.mark.parametrize("hints", BAD)
@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_wrong_hints_are_refused(device: str, hints: str) -> None:
    assert not accepts(device.format(hints))


def test_good_hints_are_all_the_hints() -> None:
    assert all(any(f"devaddr:{term.name}=" in hints for hints in GOOD) for term in HINTS)


@pytest.mark.parametrize(
    "element",
    [
        "<emulator {}>/usr/bin/qemu</emulator>",
        "<lease {}><lockspace>l</lockspace><key>a</key><target path='/x'/></lease>",
    ],
)
def test_what_is_no_device_carries_none(element: str) -> None:
    assert accepts(element.format(""))
    assert not accepts(element.format('devaddr:node="1"'))
