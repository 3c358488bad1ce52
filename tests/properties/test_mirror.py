"""The guest's tree is the host's, restricted to what is passed through."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties.host_guests import GuestDevice, HostGuest, guest_devices, guest_levels, host_guests, host_levels

import devaddr_xml
from devaddr_xml.model.host import HostFacts


def mirrored(guest: HostGuest, xml: str) -> tuple[str, dict[str, GuestDevice]]:
    result = devaddr_xml.assign(xml, host=guest.facts)
    assert not result.warnings
    return result.xml, guest_devices(result.xml)


def functions_are_right(guest: HostGuest, devices: dict[str, GuestDevice]) -> bool:
    slots: dict[tuple[int, int], list[str]] = {}
    for name, device in devices.items():
        slots.setdefault(device.slot, []).append(name)
    for names in slots.values():
        host = {int(name[-1]): devices[name].function for name in names}
        if len(names) == 1:
            host = {0: next(iter(host.values()))}
        lowest = min(host)
        if host != {function: 0 if function == lowest else function for function in host}:
            return False
    return True


@given(host_guests(), st.sampled_from([("x86_64", "q35"), ("aarch64", "virt")]), st.booleans())
def test_pairs_are_as_close_as_on_the_host(guest: HostGuest, machine: tuple[str, str], with_cells: bool) -> None:
    if not with_cells:
        guest.cells = []
    xml, devices = mirrored(guest, guest.xml(*machine))
    assert guest_levels(devices) == host_levels(guest)
    assert functions_are_right(guest, devices)
    for name, device in devices.items():
        node = guest.facts.pci[name].numa_node
        assert device.cell == (guest.cells.index(node) if node in guest.cells else None)
    assert devaddr_xml.assign(xml, host=guest.facts).xml == xml
    assert devaddr_xml.assign(xml).xml == xml
    report = devaddr_xml.check(xml, host=guest.facts)
    assert [finding for finding in report.findings if finding.severity != "note"] == []


PROFILES = ("hotplug", "integrated", "packed")


@given(
    host_guests(most=12),
    st.sampled_from(PROFILES),
    st.sampled_from(["root-port", "switch", "root-complex"]),
    st.sampled_from(["separate", "functions"]),
    st.integers(0, 3),
)
def test_other_tunables_move_nothing(guest: HostGuest, profile: str, placement: str, packing: str, spares: int) -> None:
    policy = (
        f'topology="mirror" profile="{profile}" pcie-placement="{placement}" packing="{packing}" spare-ports="{spares}"'
    )
    xml, devices = mirrored(guest, guest.xml(policy=policy))
    assert guest_levels(devices) == host_levels(guest)
    assert functions_are_right(guest, devices)
    assert devaddr_xml.assign(xml).xml == xml


@given(host_guests(most=12))
def test_conventional_machines_have_cells_root_complexes_and_functions(guest: HostGuest) -> None:
    levels = {
        pair: ("root complex", 0) if level == "switch" else (level, n)
        for pair, (level, n) in host_levels(guest).items()
    }
    for arch, machine in (("x86_64", "pc"), ("ppc64", "pseries")):
        result = devaddr_xml.assign(guest.xml(arch, machine), host=guest.facts)
        devices = guest_devices(result.xml)
        assert guest_levels(devices) == levels
        assert functions_are_right(guest, devices)
        told = any("not mirrored" in str(warning) for warning in result.warnings)
        assert told == (levels != host_levels(guest))
        assert devaddr_xml.assign(result.xml).xml == result.xml


@given(host_guests(most=10), st.data())
def test_what_is_attached_later_joins(guest: HostGuest, data: st.DataObject) -> None:
    """A device that comes later is as close to the others as on the host, or a warning says to whom it is not."""
    if len(guest.passed) < 2:
        return
    *first, last = guest.passed
    before = HostGuest(guest.facts, first, guest.cells)
    xml, placed = mirrored(before, before.xml())
    single = HostGuest(guest.facts, [last], guest.cells).xml()
    fragment = single[single.index("<hostdev" if not last.interface else "<interface") : single.index("</devices>")]
    fragment = fragment.replace("52:54:00:00:00:00", "52:54:00:99:00:00")
    try:
        result = devaddr_xml.attach(xml, fragment, host=guest.facts)
    except devaddr_xml.DevaddrError as error:
        pytest.fail(str(error))
    devices = guest_devices(result.xml)
    assert {name: devices[name] for name in placed} == placed
    wrong = {pair for pair, level in guest_levels(devices).items() if host_levels(guest)[pair] != level}
    told = any("not mirrored" in str(warning) for warning in result.warnings)
    assert bool(wrong) == told


@given(host_guests(most=12))
def test_kinds_follow_from_the_order_of_bridges(guest: HostGuest) -> None:
    bare = {a: msgspec.structs.replace(d, kind=None) for a, d in guest.facts.pci.items()}
    result = devaddr_xml.assign(guest.xml(), host=HostFacts(pci=bare))
    assert guest_levels(guest_devices(result.xml)) == host_levels(guest)
