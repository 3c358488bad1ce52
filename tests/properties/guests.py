"""Strategies for guests with hints: sizes, machines, mixtures."""

from __future__ import annotations

from hypothesis import strategies as st

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Disk, Hostdev, HostSource, Interface, Rng, Sound, Video
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.hints import NO_HINTS, Hints

MACHINES = {"q35": "x86_64", "pc": "x86_64", "virt": "aarch64", "pseries": "ppc64"}
PCIE = ("q35", "virt")


def disk(number: int, hints: Hints | None = None) -> Disk:
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(97 + letter) + name
    return Disk(target=f"vd{name}", bus="virtio", hints=hints)


def nic(number: int, hints: Hints | None = None, model: str = "virtio") -> Interface:
    return Interface(mac=f"52:54:00:00:{number >> 8:02x}:{number & 255:02x}", model=model, hints=hints)


def hostdev(number: int, hints: Hints | None = None) -> Hostdev:
    return Hostdev(type="pci", source=HostSource(pci=PciAddress(bus=64 + number, slot=0)), hints=hints)


def scsi(number: int, hints: Hints | None = None) -> Controller:
    return Controller(type="scsi", index=number, model="virtio-scsi", hints=hints)


def guest(machine: str, devices: list[Device], nodes: int = 0, memory: int = 4 << 20, **rest: object) -> Guest:
    cells = tuple(NumaCell(id=i, memory=memory // max(nodes, 1)) for i in range(nodes))
    return Guest(arch=MACHINES[machine], machine=machine, devices=devices, cells=cells, memory=memory, **rest)


@st.composite
def crowds(draw: st.DrawFn, hints: st.SearchStrategy[Hints | None], most: int = 24) -> list[Device]:
    """A mixture of devices, each with hints of its own."""
    devices: list[Device] = []
    for number in range(draw(st.integers(1, most))):
        make = draw(st.sampled_from([disk, nic, hostdev, scsi]))
        devices.append(make(number, draw(hints)))
    for extra in draw(st.lists(st.sampled_from(["rng", "video", "sound", "e1000"]), max_size=4)):
        if extra == "rng":
            devices.append(Rng(model="virtio"))
        elif extra == "video" and not any(isinstance(d, Video) for d in devices):
            devices.append(Video(model="vga"))
        elif extra == "sound":
            devices.append(Sound(model="ich9"))
        else:
            devices.append(nic(1000 + len(devices), NO_HINTS, "e1000"))
    return devices
