"""The chipset step: pinned controllers, functions that the chipset holds, favoured slots."""

from __future__ import annotations

import msgspec

from devaddr_xml.buses.pci.flags import AUTO, CONVENTIONAL, EXPRESS
from devaddr_xml.buses.pci.space import Need, Place, Space
from devaddr_xml.engine.pci.build import has_pci, wants_pci
from devaddr_xml.engine.pci.needs import Needs
from devaddr_xml.engine.state import State
from devaddr_xml.machines.chipset import Chipset
from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Sound
from devaddr_xml.model.errors import PlacementError
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label


def keep(device: Device, place: Place, multifunction: bool | None = None) -> None:
    """Give the device an automatic address; zPCI ids that it has stay."""
    old = device.address
    if isinstance(old, PciAddress) and (old.zpci_uid is not None or old.zpci_fid is not None):
        device.address = PciAddress(0, place.bus, place.slot, place.function, multifunction, old.zpci_uid, old.zpci_fid)
    else:
        device.address = PciAddress(0, place.bus, place.slot, place.function, multifunction)


def place_fixed(state: State, needs: Needs, space: Space) -> Device | None:
    """Run the chipset step; returns the video device that found its slot taken and was placed elsewhere, if any."""
    chipset = state.machine.chipset
    if not chipset.own:
        return None
    need = Need(EXPRESS if chipset.express else CONVENTIONAL | AUTO)
    for controller in state.controllers:
        _pin(state, chipset, controller, need, space)
        _favour(state, needs, chipset, controller, need, space)
    for slot, function, name in chipset.own:
        space.reserve(need, PciAddress(0, 0, slot, function), name)
    displaced = _place_video(state, needs, chipset, need, space)
    _place_sound(state, needs, chipset, need, space)
    return displaced


def _pin(state: State, chipset: Chipset, controller: Controller, need: Need, space: Space) -> None:
    for pin in chipset.pins:
        if controller.type != pin.type or controller.index != pin.index:
            continue
        if pin.models and controller.model not in pin.models:
            continue
        place = Place(0, pin.slot, pin.function)
        address = controller.address
        if has_pci(controller) and isinstance(address, PciAddress):
            if address.domain or Place(address.bus, address.slot, address.function) != place:
                raise PlacementError(
                    f"the machine has this controller at {place} only, but the address says {address}",
                    device=label(controller),
                    line=controller.line,
                    remedy="Remove the <address>, or use another controller model or index",
                )
        else:
            keep(controller, place)
            state.journal.note(controller, place.address, Rule.CHIPSET_PLACE)
        if pin.reserved:
            space.reserve(need, place.address, controller)


def _favour(state: State, needs: Needs, chipset: Chipset, controller: Controller, need: Need, space: Space) -> None:
    if controller.address is not None or not space.buses:
        return
    for favour in chipset.favours:
        if controller.type != favour.type or controller.model != favour.model:
            continue
        if controller.type == "pci" and needs.has_node(controller):
            return
        for slot in favour.slots:
            if not space.buses[0].functions(slot):
                _fix(state, controller, Place(0, slot, 0), need, space, Rule.CHIPSET_SLOT, favour.multifunction or None)
                return


def _fix(
    state: State,
    device: Device,
    place: Place,
    need: Need,
    space: Space,
    rule: Rule,
    multifunction: bool | None = None,
) -> None:
    space.reserve(need, place.address, device)
    keep(device, place, multifunction)
    state.journal.note(device, place.address, rule)


def _place_video(state: State, needs: Needs, chipset: Chipset, need: Need, space: Space) -> Device | None:
    video = state.videos[0] if state.videos else None
    if video is None or video.model in ("none", "ramfb") or not wants_pci(video):
        return None
    if needs.is_bound(video):
        return None
    if space.buses and not space.buses[0].functions(chipset.video_slot):
        _fix(state, video, Place(0, chipset.video_slot, 0), need, space, Rule.CHIPSET_VIDEO)
        return None
    place = space.place(needs.of(video), video)
    if space.grow is None:
        keep(video, place)
        state.journal.note(video, place.address, Rule.CHIPSET_VIDEO_TAKEN)
    return video


def _place_sound(state: State, needs: Needs, chipset: Chipset, need: Need, space: Space) -> None:
    if chipset.sound is None or space.buses[0].functions(chipset.sound_slot):
        return
    for sound in state.of(Sound):
        if sound.model == chipset.sound and wants_pci(sound) and not needs.is_bound(sound):
            _fix(state, sound, Place(0, chipset.sound_slot, 0), need, space, Rule.CHIPSET_SOUND)
            return


def set_multifunction(device: Device) -> None:
    """Say that the slot of the device has more functions."""
    assert isinstance(device.address, PciAddress)
    device.address = msgspec.structs.replace(device.address, multifunction=True)
