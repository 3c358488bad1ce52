"""Devices and controllers that a machine brings although the domain does not name them."""

from __future__ import annotations

from devaddr_xml.engine.state import Work
from devaddr_xml.machines.family import first_possible
from devaddr_xml.model.device import (
    Audio,
    Controller,
    Input,
    Iommu,
    Memballoon,
    Panic,
    Watchdog,
)
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.naming import label

PS2_PORTS = "the machine has PS/2 ports, with a mouse and a keyboard"
MACHINE_USB = "the machine brings a USB controller unless the domain has one with index 0"
MACHINE_SATA = "the machine brings a SATA controller"
MACHINE_PCI_ROOT = "the machine's PCI root"
MEMBALLOON = "a memory balloon is there unless the domain says otherwise"
USB_INPUTS = "a guest with graphics on this machine has a USB keyboard and mouse"
MACHINE_PANIC = "the machine brings a panic notifier"
MACHINE_WATCHDOG = "the machine brings a watchdog"
MANY_VCPUS = "with more than 255 vCPUs the machine needs an IOMMU with interrupt remapping and extended interrupt mode"
DEFAULT_AUDIO = "sound goes where the graphics go"

#: The most vCPUs that can do without an IOMMU.
VCPUS_WITHOUT_IOMMU = 255

IOMMU_ABILITIES = ("intel-iommu", "intel-iommu.intremap", "intel-iommu.eim")

#: Where the sound of a graphics type goes; types that are not listed do not count.
GRAPHICS_AUDIO: dict[str, str | None] = {"vnc": "none", "spice": "spice", "sdl": None}


def imply_devices(work: Work) -> None:
    """Add what the machine brings; raises Unsupported if the domain's PCI root is not the machine's."""
    _imply_ps2_inputs(work)
    _imply_usb(work)
    _imply_sata(work)
    _imply_pci_root(work)
    _imply_memballoon(work)
    _imply_usb_inputs(work)
    _imply_panic(work)
    _imply_watchdog(work)
    _imply_iommu(work)
    _imply_audio(work)


def _imply_ps2_inputs(work: Work) -> None:
    if work.guest.ps2 is False or not work.machine.has_ps2(work.caps):
        return
    written = {(device.type, device.bus) for device in work.inputs}
    for type in ("mouse", "keyboard"):
        if (type, "ps2") not in written:
            _add_input(work, Input(type=type, bus="ps2"), PS2_PORTS)


def _add_input(work: Work, device: Input, rule: str) -> None:
    work.inputs.append(device)
    work.record_addition(device, rule)


def _imply_usb(work: Work) -> None:
    if work.controller("usb", 0) is not None:
        return
    for choice in work.machine.usb:
        if choice.needs is None or work.caps.has(choice.needs):
            for model, startport in choice.controllers:
                controller = Controller(type="usb", index=0, model=model)
                work.add_controller(controller, MACHINE_USB)
                # Only now: a companion is put before those that are known as companions already.
                controller.master_startport = startport
            return


def _imply_sata(work: Work) -> None:
    if work.machine.sata and work.controller("sata", 0) is None:
        work.add_controller(Controller(type="sata", index=0), MACHINE_SATA)


def _imply_pci_root(work: Work) -> None:
    wanted = work.machine.implied_pci_root(work.caps)
    if wanted is None:
        return
    root = work.controller("pci", 0)
    if root is None:
        work.add_controller(Controller(type="pci", index=0, model=wanted), MACHINE_PCI_ROOT)
    elif root.model != wanted:
        raise Unsupported(
            f"PCI controller 0 of machine '{work.machine.name}' is a {wanted}, not a {root.model}",
            device=label(root),
            line=root.line,
            remedy=f"Give this controller another index, or make it a {wanted}",
        )


def _imply_memballoon(work: Work) -> None:
    if work.machine.memballoon and not work.memballoons:
        memballoon = Memballoon(model="virtio")
        work.memballoons.append(memballoon)
        work.record_addition(memballoon, MEMBALLOON)


def _imply_usb_inputs(work: Work) -> None:
    if not work.machine.usb_inputs or not work.graphics:
        return
    written = {(device.type, device.bus) for device in work.inputs}
    if ("keyboard", "usb") not in written:
        _add_input(work, Input(type="keyboard", bus="usb"), USB_INPUTS)
    if not written & {("mouse", "usb"), ("tablet", "usb")}:
        _add_input(work, Input(type="mouse", bus="usb"), USB_INPUTS)


def _imply_panic(work: Work) -> None:
    model = work.machine.panic_model
    if work.machine.panic and not any(panic.model in (None, model) for panic in work.panics):
        panic = Panic(model=model)
        work.panics.append(panic)
        work.record_addition(panic, MACHINE_PANIC)


def _imply_watchdog(work: Work) -> None:
    model = first_possible(work.machine.watchdog, work.caps)
    if model is None or any(watchdog.model == model for watchdog in work.watchdogs):
        return
    action = (work.watchdogs[0].action if work.watchdogs else None) or "reset"
    watchdog = Watchdog(model=model, action=action)
    work.watchdogs.append(watchdog)
    work.record_addition(watchdog, MACHINE_WATCHDOG)


def _imply_iommu(work: Work) -> None:
    model = first_possible(work.machine.vcpus_iommu, work.caps)
    if (
        model is not None
        and work.guest.vcpus > VCPUS_WITHOUT_IOMMU
        and not work.iommus
        and all(map(work.caps.has, IOMMU_ABILITIES))
    ):
        iommu = Iommu(model=model, intremap=True, eim=True)
        work.iommus.append(iommu)
        work.record_addition(iommu, MANY_VCPUS)


def _imply_audio(work: Work) -> None:
    if work.audios:
        return
    type = None if work.graphics else "none"
    for graphics in work.graphics:
        type = GRAPHICS_AUDIO.get(graphics.type, type)
    if type is not None:
        audio = Audio(id=1, type=type)
        work.audios.append(audio)
        work.record_addition(audio, DEFAULT_AUDIO)
