"""Over libvirt's own test documents: migrating by additions moves nothing, and keeps what it does not list."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from examples import THOROUGH, sampled

import devaddr_xml
from devaddr_xml import DevaddrError, Policy
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.naming import label
from devaddr_xml.views.capacity import capacity

#: Documents that libvirt accepts although QEMU or the guest cannot use them, so no policy lets them pass.
NOT_ADOPTED = 2


def cases(shared: Path) -> list[dict[str, Any]]:
    with gzip.open(shared / "conformance" / "upstream.jsonl.gz", "rt") as file:
        return [case for case in map(json.loads, file) if case["expect"] == "ok"]


@pytest.mark.parametrize("profile", ["hotplug", "packed", "integrated"])
def test_nothing_moves(shared: Path, profile: str) -> None:
    not_adopted = 0
    count = 0
    for case in sampled(cases(shared), 4):
        try:
            before = devaddr_xml.assign(case["in"])
        except DevaddrError:
            continue  # it depends on facts of the host, or on another QEMU
        count += 1
        found = devaddr_xml.migrate(case["in"], Policy(profile=profile))  # type: ignore[arg-type]
        not_adopted += not found.adopted
        shared_anew = new_neighbours(before.guest, found.guest)
        for change in devaddr_xml.diff(before.guest, found.guest).changes:
            assert change.change == "added" or follows_additions(change, shared_anew), (case["id"], change)
        if found.adopted and profile == "hotplug" and not found.unmet:
            check_promises(found.guest, case["id"])
    assert count > (1000 if THOROUGH else 250)
    assert not_adopted == NOT_ADOPTED if THOROUGH else not_adopted <= NOT_ADOPTED


def follows_additions(change: devaddr_xml.Change, shared_anew: set[str]) -> bool:
    """Whether additions bring the change: the hotplug of a port, or multifunction of what shares its slot anew."""
    if change.attribute == "hotplug":
        return change.ref.startswith("pci.")
    multifunction = (change.attribute, change.old, change.new) == ("multifunction", "off", "on")
    return multifunction and change.device in shared_anew


def new_neighbours(before: devaddr_xml.Guest, after: devaddr_xml.Guest) -> set[str]:
    """The labels of the devices at function 0 of a slot in which there is a function that was not there before."""
    old = {str(device.address) for device in before.devices}
    grown = {
        (device.address.bus, device.address.slot)
        for device in after.devices
        if isinstance(device.address, PciAddress) and device.address.function and str(device.address) not in old
    }
    return {
        label(device)
        for device in after.devices
        if isinstance(device.address, PciAddress)
        and not device.address.function
        and (device.address.bus, device.address.slot) in grown
    }


def check_promises(guest: devaddr_xml.Guest, case: str) -> None:
    """What the profile ``hotplug`` promises of ports."""
    rooms = [room for room in capacity(guest).rooms if room.kind == "pcie-port"]
    used = sum(room.used for room in rooms)
    if any(getattr(device, "model", None) == "pcie-root" for device in guest.devices):
        wanted = max(16 - used, 6) if (guest.memory or 0) > 2 << 20 else max(8 - used, 3)
        free = sum(room.hotpluggable for room in rooms if room.node is None)
        assert free >= wanted, case
