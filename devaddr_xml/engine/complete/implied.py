"""Implied devices and controllers of a machine."""

from __future__ import annotations

from devaddr_xml.engine.state import State
from devaddr_xml.machines.machine import MOST_PLAIN_VCPUS, applies, first_possible
from devaddr_xml.model.device import Audio, Controller, Graphics, Input, Iommu, Memballoon, Panic, Watchdog
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.events import Rule
from devaddr_xml.model.naming import label

IOMMU_ABILITIES = ("intel-iommu", "intel-iommu.intremap", "intel-iommu.eim")

#: The audio back end of each graphics type; other types have none.
GRAPHICS_AUDIO: dict[str, str | None] = {"vnc": "none", "spice": "spice", "sdl": None}


def imply_devices(state: State) -> None:
    """Add the implied devices; raises Unsupported if the domain's PCI root is not the machine's."""
    _imply_ps2_inputs(state)
    _imply_usb(state)
    _imply_sata(state)
    _imply_pci_root(state)
    _imply_memballoon(state)
    _imply_usb_inputs(state)
    _imply_panic(state)
    _imply_watchdog(state)
    _imply_iommu(state)
    _imply_audio(state)


def _imply_ps2_inputs(state: State) -> None:
    if state.guest.ps2 is False or not state.machine.has_ps2(state.caps, state.rules):
        return
    written = _written_inputs(state)
    for type in ("mouse", "keyboard"):
        if (type, "ps2") not in written:
            _add_input(state, Input(type=type, bus="ps2"), Rule.PS2_PORTS)


def _written_inputs(state: State) -> set[tuple[str, str | None]]:
    """Type and bus of every input, with the machine's default bus if the rules choose it when the document is read."""
    if state.rules.inputs_before_buses:
        return {(device.type, device.bus) for device in state.inputs}
    buses = dict(state.machine.input_buses)
    default = state.machine.input_bus
    return {(device.type, device.given_bus or buses.get(device.type, default)) for device in state.inputs}


def _add_input(state: State, device: Input, rule: Rule) -> None:
    state.inputs.append(device)
    state.record_addition(device, rule)


def _imply_usb(state: State) -> None:
    if state.controller("usb", 0) is not None:
        return
    for choice in state.machine.usb:
        if choice.possible(state.caps, state.rules):
            for model, startport in choice.controllers:
                controller = Controller(type="usb", index=0, model=model)
                state.add_controller(controller, Rule.MACHINE_USB)
                # only now, since a companion goes before controllers that are already known as companions
                controller.master_startport = startport
            return


def _imply_sata(state: State) -> None:
    if state.machine.sata and state.controller("sata", 0) is None:
        state.add_controller(Controller(type="sata", index=0), Rule.MACHINE_SATA)


def _imply_pci_root(state: State) -> None:
    wanted = state.machine.implied_pci_root(state.caps, state.rules)
    if wanted is None:
        return
    root = state.controller("pci", 0)
    if root is None:
        state.add_controller(Controller(type="pci", index=0, model=wanted), Rule.MACHINE_PCI_ROOT)
    elif root.model != wanted:
        given = f"a {root.model}" if root.model else "one without model"
        raise Unsupported(
            f"PCI controller 0 of machine '{state.machine.name}' is a {wanted}, not {given}",
            device=label(root),
            line=root.line,
            remedy=f"Give this controller another index, or make it a {wanted}",
        )


def _imply_memballoon(state: State) -> None:
    if state.machine.memballoon and not state.memballoons and applies(state.rules, state.machine.memballoon_when):
        memballoon = Memballoon(model="virtio")
        state.memballoons.append(memballoon)
        state.record_addition(memballoon, Rule.MEMBALLOON)


def _imply_usb_inputs(state: State) -> None:
    if not state.machine.usb_inputs or not state.of(Graphics):
        return
    written = _written_inputs(state)
    if ("keyboard", "usb") not in written:
        _add_input(state, Input(type="keyboard", bus="usb"), Rule.USB_INPUTS)
    if not written & {("mouse", "usb"), ("tablet", "usb")}:
        _add_input(state, Input(type="mouse", bus="usb"), Rule.USB_INPUTS)


def _imply_panic(state: State) -> None:
    model = state.machine.panic_model
    if state.machine.panic and not any(panic.model in (None, model) for panic in state.panics):
        panic = Panic(model=model)
        state.panics.append(panic)
        state.record_addition(panic, Rule.MACHINE_PANIC)


def _imply_watchdog(state: State) -> None:
    model = first_possible(state.machine.watchdog, state.caps, state.rules)
    if model is None or any(watchdog.model == model for watchdog in state.watchdogs):
        return
    action = (state.watchdogs[0].action if state.watchdogs else None) or "reset"
    watchdog = Watchdog(model=model, action=action)
    state.watchdogs.append(watchdog)
    state.record_addition(watchdog, Rule.MACHINE_WATCHDOG)


def _imply_iommu(state: State) -> None:
    model = first_possible(state.machine.vcpus_iommu, state.caps, state.rules)
    if (
        model is not None
        and state.guest.vcpus > MOST_PLAIN_VCPUS
        and not state.iommus
        and all(map(state.caps.has, IOMMU_ABILITIES))
    ):
        iommu = Iommu(model=model, intremap=True, eim=True)
        state.iommus.append(iommu)
        state.record_addition(iommu, Rule.MANY_VCPUS)


def _imply_audio(state: State) -> None:
    if state.of(Audio):
        return
    type = None if state.of(Graphics) else "none"
    for graphics in state.of(Graphics):
        type = GRAPHICS_AUDIO.get(graphics.type, type)
    if type is not None:
        audio = Audio(id=1, type=type)
        state.of(Audio).append(audio)
        state.record_addition(audio, Rule.DEFAULT_AUDIO)
