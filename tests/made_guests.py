"""Guests that tests of finished layouts share, built from the model."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from devaddr_xml.model.address import DriveAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import Controller, Device, Disk, Input, Interface
from devaddr_xml.model.guest import Guest


def pci(text: str, multifunction: bool | None = None) -> PciAddress:
    """``BB:SS.F`` as an address."""
    bus, _, rest = text.partition(":")
    slot, _, function = rest.partition(".")
    return PciAddress(bus=int(bus, 16), slot=int(slot, 16), function=int(function, 16), multifunction=multifunction)


def bridge(index: int, model: str, at: str | None = None, **attributes: object) -> Controller:
    """A PCI controller; ``at`` is BB:SS.F."""
    return Controller(type="pci", index=index, model=model, address=pci(at) if at else None, **attributes)  # type: ignore[arg-type]


def nic(number: int, at: str) -> Interface:
    return Interface(type="user", mac=f"52:54:00:00:00:{number:02x}", model="virtio", address=pci(at))


def disk(target: str, at: str) -> Disk:
    return Disk(target=target, bus="virtio", type="file", address=pci(at))


def q35(*devices: Device, ports: int = 4) -> Guest:
    """A q35 guest with root ports 1 to ``ports`` as functions of slots from 2 on."""
    root_ports = [
        bridge(n, "pcie-root-port", f"00:{2 + (n - 1) // 8:02x}.{(n - 1) % 8:x}", chassis=n, port=16 + n - 1)
        for n in range(1, ports + 1)
    ]
    return Guest(name="q", arch="x86_64", machine="q35", devices=[bridge(0, "pcie-root"), *root_ports, *devices])


def i440fx(*devices: Device) -> Guest:
    return Guest(name="i", arch="x86_64", machine="pc", devices=[bridge(0, "pci-root"), *devices])


def expanders() -> Guest:
    """A q35 guest: two ports on the root, node 1 with three ports (one free), node 0 with one."""
    return q35(
        bridge(3, "pcie-expander-bus", "00:03.0", bus_nr=240, node=1),
        bridge(4, "pcie-root-port", "03:00.0", chassis=4, port=0),
        bridge(5, "pcie-root-port", "03:00.1", chassis=5, port=1, hotplug=False),
        bridge(6, "pcie-root-port", "03:00.2", chassis=6, port=2),
        bridge(7, "pcie-expander-bus", "00:04.0", bus_nr=250, node=0),
        bridge(8, "pcie-root-port", "07:00.0", chassis=8, port=0),
        nic(1, "01:00.0"),
        nic(2, "04:00.0"),
        disk("vda", "05:00.0"),
        disk("vdb", "08:00.0"),
        ports=2,
    )


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders of this file."""
    return SimpleNamespace(
        pci=pci,
        bridge=bridge,
        nic=nic,
        disk=disk,
        q35=q35,
        i440fx=i440fx,
        expanders=expanders,
        scsi=lambda target, unit, controller=0: Disk(
            target=target, bus="scsi", address=DriveAddress(controller=controller, unit=unit)
        ),
        tablet=lambda *port: Input(type="tablet", bus="usb", address=UsbAddress(bus=0, port=port)),
    )
