"""Devices in <qemu:commandline>: which arguments are read, and what of them."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import pytest

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.foreign import foreign_devices, foreign_doubts
from devaddr_xml.model.foreign import ForeignDevice


def _read(*args: str, prefix: str = "qemu"):
    lines = "\n".join(f"<{prefix}:arg value={quoteattr(arg)}/>" for arg in args)
    space = f"xmlns:{prefix}='http://libvirt.org/schemas/domain/qemu/1.0'"
    document = parse(f"<domain type='kvm' {space}>\n<{prefix}:commandline>\n{lines}\n</{prefix}:commandline></domain>")
    return foreign_devices(document), tuple(foreign_doubts(document))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("edu", ForeignDevice(driver="edu", line=4)),
        ("edu,addr=1f.7", ForeignDevice(driver="edu", slot=31, function=7, line=4)),
        ("edu,bus=pcie.0,addr=0x1", ForeignDevice(driver="edu", bus="pcie.0", slot=1, line=4)),
        ("edu,addr=10", ForeignDevice(driver="edu", slot=16, line=4)),
        ("driver=edu,id=a,,b", ForeignDevice(driver="edu", id="a,b", line=4)),
        ('{"driver":"edu","id":"x","bus":"pci.1","addr":"0x9.1"}',
         ForeignDevice(driver="edu", id="x", bus="pci.1", slot=9, function=1, json=True, line=4)),
        ('{"driver":"edu","addr":17}', ForeignDevice(driver="edu", slot=2, function=1, json=True, line=4)),
        ('{"driver":"edu","addr":-1}', ForeignDevice(driver="edu", json=True, line=4)),
        ("pcie-root-port,id=rp,addr=0x1c.0x0,multifunction=on",
         ForeignDevice(driver="pcie-root-port", id="rp", slot=28, multifunction=True, chassis=(0, 0), line=4)),
        ("ioh3420,id=rp,chassis=0x10,slot=2", ForeignDevice(driver="ioh3420", id="rp", chassis=(16, 2), line=4)),
        ("pxb-pcie,id=p,bus=pcie.0,bus_nr=0x80",
         ForeignDevice(driver="pxb-pcie", id="p", bus="pcie.0", bus_nr=128, line=4)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("option", ["-device", "--device"])
def test_plain_and_json_forms(option: str, value: str, expected: ForeignDevice) -> None:
    assert _read(option, value) == ((expected,), ())


def test_prefix_is_free_and_other_options_are_passed_by() -> None:
    devices, doubts = _read(
        "-drive",
        "if=none,id=d",
        "-netdev",
        "user,id=n",
        "-cpu",
        "host",
        "-device",
        "edu",
        "-object",
        "x",
        "-device",
        "pxb",
        prefix="q",
    )
    assert [device.driver for device in devices] == ["edu", "pxb"]
    assert not doubts


@pytest.mark.parametrize("value", ["", "{", "[]=", '{"id":"x"}', "edu,addr=20", "edu,addr=1.8", "edu,addr=x"])
def test_what_is_not_understood_is_warned_of(value: str) -> None:
    devices, doubts = _read("-device", value)
    assert not devices
    assert [doubt.line for doubt in doubts] == [4]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("-virtfs", "local,path=/x,mount_tag=t"), "virtio-9p-pci"),
        (("-drive", "file=/x,if=virtio"), "virtio-blk-pci"),
        (("-net", "nic,model=rtl8139"), "rtl8139"),
        (("-nic", "user,model=e1000"), "e1000"),
        (("-vga", "qxl"), "qxl-vga"),
        (("-vga", "none"), None),
        (("-net", "user"), None),
        (("-nic", "none"), None),
        (("-set", "device.video0.vgamem_mb=64"), None),
    ],
)
def test_shorter_options_add_devices_too(args: tuple[str, ...], expected: str | None) -> None:
    devices, doubts = _read(*args)
    assert [device.driver for device in devices] == ([expected] if expected else [])
    assert not doubts


@pytest.mark.parametrize(
    ("args", "message", "line"),
    [
        (("-device",), "-device in <qemu:commandline> has no value: QEMU does not start", 3),
        (("-device edu,addr=9",), "has '-device edu,addr=9' in one argument, which QEMU does not take", 3),
        (("-readconfig", "/etc/more.cfg"), "devices in '/etc/more.cfg' are ignored", 4),
    ],
)
def test_devices_that_are_out_of_sight(args: tuple[str, ...], message: str, line: int) -> None:
    devices, (doubt,) = _read(*args)
    assert not devices
    assert message in doubt.message
    assert doubt.line == line
    assert doubt.remedy


def test_set_gives_a_device_another_place() -> None:
    (device,), _ = _read("-set", "device.ua-nic.addr=0x5")
    assert (device.overrides, device.slot) == ("ua-nic", 5)


@pytest.mark.parametrize("value", ["type='string' value='0x5.0x1'", "type='unsigned' value='41'"])
def test_override_gives_a_device_another_place(value: str) -> None:
    document = parse(
        "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:override><q:device alias='ua-x'><q:frontend>"
        f"<q:property name='x-vga' type='bool' value='true'/><q:property name='addr' {value}/>"
        "</q:frontend></q:device></q:override></domain>"
    )
    (device,) = foreign_devices(document)
    assert (device.overrides, device.slot, device.function) == ("ua-x", 5, 1)
