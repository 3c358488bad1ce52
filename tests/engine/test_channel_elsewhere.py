"""A virtio channel that is written elsewhere gets a virtio-serial port, as every release of libvirt gives it one."""

from __future__ import annotations

import pytest

from devaddr_xml import assign
from devaddr_xml.model.address import VirtioSerialAddress

ADDRESSES = {
    "drive": "controller='0' bus='0' target='0' unit='0'",
    "pci": "domain='0' bus='0' slot='0x5' function='0'",
    "usb": "bus='0' port='1'",
    "ccid": "controller='0' slot='0'",
}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_the_address_gives_way_and_a_warning_tells(kind: str) -> None:
    found = assign(
        "<domain type='qemu'><name>a</name><memory>1048576</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='q35'>"
        "hvm</type></os><devices><channel type='pty'><target type='virtio' name='a'/>"
        f"<address type='{kind}' {ADDRESSES[kind]}/></channel></devices></domain>"
    )
    channel = next(device for device in found.guest.devices if device.kind == "channel")
    assert channel.address == VirtioSerialAddress(0, 0, 1)
    assert [notice for notice in found.warnings if f"address of type {kind}" in notice.message]
    assert assign(found.xml).xml == found.xml
