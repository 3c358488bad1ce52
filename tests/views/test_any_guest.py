"""Whatever a guest looks like, also one that nobody could run, every view says something of it."""

from __future__ import annotations

import contextlib
from xml.etree import ElementTree

from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from devaddr_xml.model.address import (
    CcidAddress,
    CcwAddress,
    DimmAddress,
    DriveAddress,
    IsaAddress,
    PciAddress,
    SpaprVioAddress,
    UnassignedAddress,
    UsbAddress,
    VirtioMmioAddress,
    VirtioSerialAddress,
)
from devaddr_xml.model.device import (
    Channel,
    Console,
    Controller,
    Device,
    Disk,
    Hostdev,
    HostSource,
    Hub,
    Interface,
    Memory,
    Rng,
    Smartcard,
    Sound,
    Video,
)
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest, NumaCell
from devaddr_xml.model.plan import Plan
from devaddr_xml.views.capacity import capacity
from devaddr_xml.views.comparison import mark
from devaddr_xml.views.diff import compare
from devaddr_xml.views.dot import as_dot
from devaddr_xml.views.explain import explain
from devaddr_xml.views.html import as_html
from devaddr_xml.views.outline import outline
from devaddr_xml.views.qemu_args import qemu_arguments
from devaddr_xml.views.svg import as_svg
from devaddr_xml.views.tree import as_text

NUMBER = st.integers(0, 4) | st.integers(0, 260)
WORD = st.sampled_from(["virtio", "none", "qxl", "pcie-root-port", "x"]) | st.text(max_size=5) | st.none()
PCI = st.builds(
    PciAddress,
    domain=st.integers(0, 1),
    bus=NUMBER,
    slot=st.integers(0, 40),
    function=st.integers(0, 9),
    multifunction=st.sampled_from([None, True, False]),
    zpci_uid=st.none() | NUMBER,
    zpci_fid=st.none() | NUMBER,
)
ADDRESS = st.none() | st.one_of(
    PCI,
    PCI,
    st.builds(DriveAddress, NUMBER, NUMBER, NUMBER, NUMBER),
    st.builds(UsbAddress, NUMBER, st.lists(NUMBER, max_size=5).map(tuple)),
    st.builds(VirtioSerialAddress, NUMBER, NUMBER, NUMBER),
    st.builds(CcidAddress, NUMBER, NUMBER),
    st.just(CcwAddress()) | st.builds(CcwAddress, NUMBER, NUMBER, NUMBER),
    st.builds(SpaprVioAddress, st.none() | NUMBER),
    st.builds(DimmAddress, NUMBER, NUMBER),
    st.builds(IsaAddress, NUMBER, NUMBER),
    st.sampled_from([UnassignedAddress(), VirtioMmioAddress()]),
)
PCI_MODELS = [
    "pci-root",
    "pcie-root",
    "pcie-root-port",
    "pcie-expander-bus",
    "pci-expander-bus",
    "pci-bridge",
    "pcie-to-pci-bridge",
    "dmi-to-pci-bridge",
    "pcie-switch-upstream-port",
    "pcie-switch-downstream-port",
    "unheard-of",
    None,
]
PCI_CONTROLLER = st.builds(
    Controller,
    type=st.just("pci"),
    index=st.none() | NUMBER,
    model=st.sampled_from(PCI_MODELS),
    address=st.none() | PCI,
    chassis=st.none() | NUMBER,
    bus_nr=st.none() | NUMBER,
    target_index=st.none() | NUMBER,
    hotplug=st.sampled_from([None, True, False]),
    node=st.none() | NUMBER,
)
CONTROLLER = st.builds(
    Controller,
    type=st.sampled_from(["usb", "scsi", "sata", "ide", "fdc", "virtio-serial", "ccid", "odd"]),
    index=st.none() | NUMBER,
    model=st.sampled_from(["qemu-xhci", "ich9-ehci1", "ich9-uhci1", "virtio-scsi", "lsilogic", None, "odd"]),
    ports=st.none() | NUMBER,
    master_startport=st.none() | NUMBER,
    address=ADDRESS,
)
SOURCE = st.none() | st.builds(HostSource, pci=st.none() | PCI, uuid=WORD, key=WORD)
OTHER = st.one_of(
    st.builds(
        Disk,
        target=WORD,
        bus=st.sampled_from(["virtio", "scsi", "sata", "ide", "fdc", "usb", "odd", None]),
        address=ADDRESS,
        alias=WORD,
    ),
    st.builds(
        Interface, mac=WORD, model=WORD, type=st.sampled_from(["user", "hostdev"]), source=SOURCE, address=ADDRESS
    ),
    st.builds(Hostdev, type=st.sampled_from(["pci", "scsi", "usb", "mdev", None]), source=SOURCE, address=ADDRESS),
    st.builds(Console, target_type=st.sampled_from([None, "serial", "virtio"]), address=ADDRESS),
    st.builds(Channel, name=WORD, address=ADDRESS),
    st.builds(Memory, model=WORD, address=ADDRESS),
    *(st.builds(cls, model=WORD, address=ADDRESS) for cls in (Rng, Video, Sound, Hub, Smartcard)),
)
MACHINES = st.sampled_from(
    [("x86_64", "q35"), ("x86_64", "pc"), ("ppc64", "pseries"), ("s390x", "s390-ccw-virtio"), ("x", "y"), (None, None)]
)


@st.composite
def guests(draw: st.DrawFn) -> Guest:
    arch, machine = draw(MACHINES)
    devices: list[Device] = draw(st.lists(PCI_CONTROLLER | CONTROLLER | OTHER, max_size=14))
    return Guest(
        name=draw(WORD),
        arch=arch,
        machine=machine,
        acpi=draw(st.booleans()),
        memory_slots=draw(st.integers(0, 4)),
        cells=tuple(NumaCell(id=n, cpus=(n, n + 1, n + 3)) for n in range(draw(st.integers(0, 2)))),
        devices=devices,  # type: ignore[arg-type]
    )


@settings(max_examples=scaled(300), deadline=None)
@given(guests())
def test_drawings(guest: Guest) -> None:
    plan = Plan(guest=guest, added=tuple(guest.devices[:1]))
    layout = outline(plan)
    assert len([item for item in layout.walk() if item.kind]) == len(guest.devices)
    ElementTree.fromstring(as_svg([layout]))
    assert as_text([layout], width=40)
    assert as_html([layout])
    assert as_dot([layout])
    assert len(explain(plan)) == len(guest.devices)


@settings(max_examples=scaled(300), deadline=None)
@given(guests())
def test_numbers_and_arguments(guest: Guest) -> None:
    assert all(room.free >= 0 and room.hotpluggable <= room.free for room in capacity(guest).rooms)
    arguments = qemu_arguments(guest)
    assert len(arguments.devices) <= len(guest.devices)
    assert arguments.to_json()


@settings(max_examples=scaled(300), deadline=None)
@given(guests(), guests())
def test_differences(old: Guest, new: Guest) -> None:
    assert compare(old, old).same
    there, back = compare(old, new), compare(new, old)
    count = {kind: sum(c.change == kind for c in there.changes) for kind in ("added", "removed", "moved")}
    assert count["added"] == sum(c.change == "removed" for c in back.changes)
    assert count["removed"] == sum(c.change == "added" for c in back.changes)
    assert count["moved"] == sum(c.change == "moved" for c in back.changes)
    mark(old, new)


@given(guests())
def test_rendering(guest: Guest) -> None:
    from devaddr_xml.domxml.render import render

    with contextlib.suppress(DevaddrError):
        assert render(guest)
