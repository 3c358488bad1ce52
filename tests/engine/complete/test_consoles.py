"""The first console and the first serial port."""

from __future__ import annotations

import pytest

from devaddr_xml.engine.complete.consoles import mirror_first_serial
from devaddr_xml.model.address import IsaAddress, SpaprVioAddress
from devaddr_xml.model.device import Console, Device, Serial
from devaddr_xml.model.errors import Unsupported

SERIAL, VIRTIO = Console(), Console(target_type="virtio")


@pytest.mark.parametrize(
    ("devices", "serials", "consoles"),
    [
        ((), [], []),
        ((SERIAL,), ["isa-serial"], ["serial"]),
        ((Console(target_type="serial"), VIRTIO), ["isa-serial"], ["serial", "virtio"]),
        ((Serial(),), ["isa-serial"], ["serial"]),
        ((Serial(), SERIAL), ["isa-serial"], ["serial"]),
        ((Serial(), VIRTIO, VIRTIO), ["isa-serial"], ["serial", "virtio", "virtio"]),
        ((VIRTIO,), [], ["virtio"]),
        ((Serial(target_type="pci-serial"),), ["pci-serial"], []),
        ((Serial(target_type="usb-serial"), VIRTIO), ["usb-serial"], ["virtio"]),
        ((Serial(target_type="isa-debug"),), ["isa-debug"], []),
        ((Serial(target_type="pci-serial"), SERIAL), ["pci-serial"], ["serial"]),
    ],
)
def test_pairs(complete, devices: tuple[Device, ...], serials: list[str], consoles: list[str]) -> None:
    state = complete(*devices)
    assert [serial.target_type for serial in state.serials] == serials
    assert [console.target_type for console in state.consoles] == consoles
    assert [console.port for console in state.consoles] == list(range(len(consoles)))


@pytest.mark.parametrize(
    ("arch", "machine", "serials"),
    [("armv7l", "vexpress-a9", [None]), ("s390x", "s390-ccw-virtio", ["sclp-serial"])],
)
def test_pairs_on_other_machines(complete, arch: str, machine: str, serials: list[str | None]) -> None:
    state = complete(Console(), arch=arch, machine=machine)
    assert [serial.target_type for serial in state.serials] == serials


def test_the_serial_port_takes_over_what_the_console_says(complete) -> None:
    console = Console(alias="ua-con", address=IsaAddress(iobase=0x3F8, irq=4), line=8)
    state = complete(console)
    (serial,) = state.serials
    assert (serial.alias, serial.address, serial.line, serial.port) == ("ua-con", console.address, 8, 0)
    assert serial in state.added
    assert state.consoles[0] not in state.added


@pytest.mark.parametrize("first", [VIRTIO, SERIAL])
def test_only_the_first_console_is_a_serial_port(complete, first: Console) -> None:
    with pytest.raises(Unsupported, match="only the first console") as caught:
        complete(first, Console(target_type="serial", line=6))
    assert caught.value.line == 6


def test_the_console_repeats_the_address_of_its_serial_port(complete) -> None:
    state = complete(Serial(port=2), arch="ppc64", machine="pseries")
    state.serials[0].address = SpaprVioAddress(reg=0x30000000)
    mirror_first_serial(state)
    assert (state.consoles[0].port, state.consoles[0].address) == (2, SpaprVioAddress(reg=0x30000000))


def test_a_virtio_console_repeats_nothing(complete) -> None:
    state = complete(Serial(target_type="pci-serial", port=2), Console(target_type="virtio"))
    mirror_first_serial(state)
    assert state.consoles[0].port == 0
