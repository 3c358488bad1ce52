"""Channel device numbers on s390."""

from __future__ import annotations

from devaddr_xml.buses.ccw import CcwDevices, takes_ccw
from devaddr_xml.engine.pci.used import explained, pass_over_used
from devaddr_xml.engine.place.set_address import set_address
from devaddr_xml.engine.state import State
from devaddr_xml.model.address import CcwAddress
from devaddr_xml.model.device import Device, Hostdev
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.naming import label


def place_devices(state: State) -> None:
    """Make virtio devices without an address channel devices, and give each channel device without a number the lowest
    free one.

    On machines without channel devices nothing happens. Raises AddressConflict for a number that two devices have,
    PlacementError if no number is free.
    """
    if not state.machine.ccw:
        return
    passthrough = state.caps.has("vfio-ccw")
    if passthrough:
        _drop_adapter_addresses(state)
    numbers = CcwDevices()
    wanting: list[tuple[Device, Rule]] = []
    for device in state.visit():
        if isinstance(device.address, CcwAddress):
            if device.address.complete:
                numbers.reserve(device.address, device)
            else:
                wanting.append((device, Rule.CHANNEL_NUMBER_ASKED))
        elif device.address is None and takes_ccw(device, passthrough=passthrough):
            wanting.append((device, Rule.CHANNEL_NUMBER))
    pass_over_used(state, numbers)
    for device, rule in wanting:
        place = numbers.next_free()
        if place is None:
            error = PlacementError("no channel device number is left for it", device=label(device), line=device.line)
            raise explained(state, error)
        numbers.reserve(place, device)
        set_address(state, device, place, rule)


def _drop_adapter_addresses(state: State) -> None:
    for hostdev in state.hostdevs:
        if isinstance(hostdev, Hostdev) and hostdev.type == "mdev" and hostdev.model == "vfio-ap" and hostdev.address:
            hostdev.address = None
            state.journal.note(hostdev, Chosen("no address"), Rule.CRYPTO_ADAPTER)
