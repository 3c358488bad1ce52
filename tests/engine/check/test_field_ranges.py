"""Numbers that nothing has are refused at once, by name, and never crash or stall the engine."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from devaddr_xml.engine.check.field_ranges import ADDRESSES, DEVICES, refuse_impossible_numbers
from devaddr_xml.engine.plan import plan, start
from devaddr_xml.model.address import PciAddress, UsbAddress
from devaddr_xml.model.device import Controller, Device, Disk, Hostdev, Rng
from devaddr_xml.model.errors import DevaddrError, PlacementError, ValueInvalid
from devaddr_xml.model.guest import Guest
from devaddr_xml.probe.embedded import capabilities_for

CAPS = capabilities_for("x86_64")


def refuse(device: Any) -> None:
    refuse_impossible_numbers(start(Guest(arch="x86_64", machine="q35", devices=[device]), capabilities=CAPS))


LIMITS = [
    pytest.param(kind, field, most, id=f"{kind.__name__}.{field}")
    for table in (ADDRESSES, DEVICES)
    for kind, limits in table.items()
    for field, most in limits.most.items()
]


@pytest.mark.parametrize(("kind", "field", "most"), LIMITS)
def test_only_up_to_the_largest(kind: type[msgspec.Struct], field: str, most: int) -> None:
    def device(value: int) -> Device:
        made = kind(**{field: value})
        return made if isinstance(made, Device) else Rng(model="virtio", address=made, line=3)  # type: ignore[arg-type]

    refuse(device(0))
    refuse(device(most))
    for value in (-1, most + 1):
        with pytest.raises(ValueInvalid, match=f"{field} {value} is outside 0 to {most}"):
            refuse(device(value))


@pytest.mark.parametrize("path", [(1, 2, 3, 4, 5), (-1,), (1 << 40,)])
def test_usb_paths(path: tuple[int, ...]) -> None:
    with pytest.raises(ValueInvalid, match="one to four numbers"):
        refuse(Disk(target="sda", bus="usb", address=UsbAddress(0, path)))


def test_pci_buses_are_counted_in_eight_bits() -> None:
    refuse(Controller(type="pci", index=255, model="pci-bridge"))
    refuse(Controller(type="usb", index=256, model="ehci"))
    with pytest.raises(PlacementError, match="index 256 is above"):
        refuse(Controller(type="pci", index=256, model="pci-bridge"))


ODD = st.sampled_from([-(2**70), -1, 0, 1, 2, 7, 8, 31, 32, 255, 256, 65536, 2**32, 2**70])


@st.composite
def odd_addresses(draw: st.DrawFn) -> msgspec.Struct:
    kind = draw(st.sampled_from([*ADDRESSES]))
    fields = {field: draw(st.one_of(st.integers(0, 3), ODD)) for field in ADDRESSES[kind].most}
    return kind(**{name: value for name, value in fields.items() if draw(st.booleans())})  # type: ignore[no-any-return]


@st.composite
def odd_devices(draw: st.DrawFn) -> Device:
    address: Any = draw(st.one_of(st.none(), odd_addresses()))
    kind = draw(st.sampled_from(["disk", "controller", "hostdev", "rng"]))
    if kind == "disk":
        bus = draw(st.sampled_from(["scsi", "ide", "sata", "usb", "virtio", "fdc"]))
        return Disk(target=draw(st.sampled_from(["sda", "hdb", "vda", "sdzzzzzz"])), bus=bus, address=address)
    if kind == "controller":
        type_ = draw(st.sampled_from(["pci", "usb", "scsi", "virtio-serial", "ccid"]))
        model = "pci-bridge" if type_ == "pci" else None
        return Controller(type=type_, index=draw(ODD), model=model, ports=draw(ODD), address=address)
    if kind == "hostdev":
        return Hostdev(type=draw(st.sampled_from(["pci", "usb", "scsi"])), address=address)
    return Rng(model="virtio", address=address)


@settings(max_examples=scaled(150), deadline=None)
@given(st.lists(odd_devices(), min_size=1, max_size=3), st.sampled_from(["q35", "pc"]))
def test_a_guest_of_odd_numbers_is_placed_or_refused(devices: list[Device], machine: str) -> None:
    guest = Guest(arch="x86_64", machine=machine, devices=devices)  # type: ignore[arg-type]
    try:
        done = plan(guest, capabilities=CAPS).guest
    except DevaddrError:
        return
    places = [d.address for d in done.devices if isinstance(d.address, PciAddress)]
    assert len(places) == len({(place.bus, place.slot, place.function) for place in places})
