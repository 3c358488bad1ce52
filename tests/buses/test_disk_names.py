"""The number of a disk's target name, and its parts."""

from __future__ import annotations

import pytest

from devaddr_xml.buses.disk_name import disk_number, split_name
from devaddr_xml.buses.usb import UsbPorts, port_count
from devaddr_xml.model.address import UsbAddress
from devaddr_xml.model.device import Controller


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *[("vda", 0), ("vdz", 25), ("vdaa", 26), ("sdzz", 701), ("hdaaa", 702), ("fdb", 1), ("xvdc", 2), ("ubda", 0)],
        *[("vda1", 0), ("sdb12", 1), ("sdfxshrxx", 2**31 - 1), ("sdfxshrxy", None), ("sd" + "z" * 10_000, None)],
        *[
            ("vd", None),
            ("vdA", None),
            ("vd1", None),
            ("vda1b", None),
            ("nvme0n1", None),
            ("vd\u00e4", None),
            ("", None),
        ],
        *[(None, None), ("vda\n", None), ("vda\u0661", None)],
    ],
)
def test_number(name: str | None, number: int | None) -> None:
    assert disk_number(name) == number


def test_parts() -> None:
    assert split_name("xvdab12") == ("xvd", "ab", "12")
    assert split_name("sda") == ("sd", "a", "")
    assert split_name("da") is None


class TestUsbControllers:
    def test_one_port_is_a_port(self) -> None:
        ports = UsbPorts([Controller(type="usb", index=0, model="qemu-xhci", ports=1)])
        assert ports.next_free() == UsbAddress(0, (1,))
        assert ports.free_count() == 1

    def test_others_are_passed_over(self) -> None:
        others = [
            Controller(type="sata", index=0),
            Controller(type="usb", model="qemu-xhci"),
            Controller(type="usb", index=1, model="ich9-uhci1"),
            Controller(type="usb", index=2, model="of another age"),
        ]
        ports = UsbPorts([*others, Controller(type="usb", index=3, model="ehci")])
        assert [ports.has_bus(bus) for bus in range(4)] == [False, False, False, True]
        assert ports.next_free() == UsbAddress(3, (1,))
        assert port_count(others[3]) == 0
