"""Default models and buses of devices."""

from __future__ import annotations

from collections.abc import Iterable

from devaddr_xml.buses.disk_name import NVME, PREFIX_BUS, nvme_place, split_name
from devaddr_xml.engine.complete.controller_models import complete_controller
from devaddr_xml.engine.state import State
from devaddr_xml.machines.family import first_possible
from devaddr_xml.machines.machine import MOST_PLAIN_VCPUS, Choice
from devaddr_xml.model.address import CcwAddress, PciAddress
from devaddr_xml.model.device import Device, Disk, Hostdev, Input, Interface, Iommu, Redirdev, Tpm, Video, Vsock
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.naming import label

#: Interface types that only virtio devices can have, and types that have no model of their own.
VIRTIO_INTERFACE_TYPES = frozenset(("vdpa", "vhostuser"))
MODEL_LESS_INTERFACE_TYPES = frozenset(("hostdev",))

#: The type of address of each model of mediated devices; other models have none.
MEDIATED_ADDRESS: dict[str | None, type] = {"vfio-pci": PciAddress, "vfio-ccw": CcwAddress}


def default_disk_buses(state: State) -> None:
    """Give every disk a bus."""
    for disk in state.disks:
        if disk.target is not None:
            disk.target = disk.target.removeprefix("ioemu:")
        if disk.bus is None:
            disk.bus, rule = _disk_bus(state, disk)
            state.journal.note(disk, Chosen("bus", disk.bus), rule)


def _disk_bus(state: State, disk: Disk) -> tuple[str, Rule]:
    if disk.device == "floppy":
        return "fdc", Rule.FLOPPY_BUS
    if ("disk", "bus", NVME) not in state.rules.unknown_words and nvme_place(disk.target) is not None:
        return NVME, Rule.NAME_BUS
    parts = split_name(disk.target or "")
    bus = PREFIX_BUS[parts[0]] if parts else None
    return (bus, Rule.NAME_BUS) if bus else ("ide", Rule.OTHER_BUS)


def default_models(state: State) -> None:
    """Choose the models, buses and ports of all devices but disks, in libvirt's order.

    Raises Unsupported or ValueInvalid for a device without a possible model on this machine.
    """
    if state.serials:
        from devaddr_xml.engine.complete.serial_ports import number_isa_serials

        number_isa_serials(state)
    for interface in state.interfaces:
        _complete_interface(state, interface)
    for hostdev in state.hostdevs:
        if isinstance(hostdev, Hostdev) and hostdev.type == "mdev":
            _check_mediated_device(hostdev)
    complete_videos(state)
    for controller in state.controllers:
        complete_controller(state, controller)
    if state.serials:
        from devaddr_xml.engine.complete.serial_ports import complete_serials

        complete_serials(state)
    for console in state.consoles:
        if console.target_type is None:
            console.target_type = "serial"
    for device in state.inputs:
        if device.given_bus is None:
            _complete_input(state, device)
    for watchdog in state.watchdogs:
        watchdog.action = watchdog.action or "reset"
    for tpm in state.of(Tpm):
        _complete_tpm(state, tpm)
    for panic in state.panics:
        if panic.model is None:
            _choose(state, panic, _panic_model(state), Rule.MACHINE_DEFAULT)
    for redirdev in state.of(Redirdev):
        redirdev.bus = redirdev.bus or "usb"
    for iommu in state.iommus:
        _complete_iommu(state, iommu)
    for vsock in state.of(Vsock):
        if vsock.model is None:
            _choose(state, vsock, "virtio", Rule.MACHINE_DEFAULT)


def _panic_model(state: State) -> str | None:
    model = state.machine.panic_model
    if model is not None and ("panic", "model", model) not in state.rules.unknown_words:
        return model
    return "isa" if state.rules.isa_panic_by_default else None


def complete_videos(state: State) -> None:
    """Give every video device a model, and make the first device the primary one."""
    for video in state.videos:
        if video.model in (None, "default"):
            _choose(state, video, _default(state, state.machine.video_models), Rule.MACHINE_DEFAULT)
    if state.videos:
        _complete_first_video(state, state.videos[0])


def _complete_first_video(state: State, first: Video) -> None:
    if first.model == "none":
        if first.address is not None:
            first.address = None
            state.journal.note(first, Chosen("no address"), Rule.NO_VIDEO)
    elif not first.primary:
        first.primary = True
        state.journal.note(first, Chosen("primary"), Rule.FIRST_VIDEO)


def _default(state: State, models: Iterable[Choice]) -> str | None:
    return first_possible(models, state.caps, state.rules)


def _choose(state: State, device: Device, model: str | None, rule: Rule) -> None:
    device.model = model
    if model is not None:
        state.journal.note(device, Chosen("model", model), rule)


def _complete_interface(state: State, interface: Interface) -> None:
    if interface.model is not None or interface.type in MODEL_LESS_INTERFACE_TYPES:
        return
    if interface.type in VIRTIO_INTERFACE_TYPES:
        _choose(state, interface, "virtio", Rule.VHOST_INTERFACE)
    else:
        _choose(state, interface, _default(state, state.machine.interface_models), Rule.MACHINE_DEFAULT)


def _check_mediated_device(hostdev: Hostdev) -> None:
    wanted = MEDIATED_ADDRESS.get(hostdev.model)
    if hostdev.address is None or wanted is None or isinstance(hostdev.address, wanted):
        return
    raise ValueInvalid(
        f"a mediated device of model '{hostdev.model}' can't be at {hostdev.address}",
        device=label(hostdev),
        line=hostdev.line,
        remedy="Remove its <address>, or choose the model that the address is for",
    )


def _complete_input(state: State, device: Input) -> None:
    device.bus = dict(state.machine.input_buses).get(device.type, state.machine.input_bus)
    if device.bus is not None:
        state.journal.note(device, Chosen("bus", device.bus), Rule.MACHINE_DEFAULT)


def _complete_tpm(state: State, tpm: Tpm) -> None:
    if tpm.model is None:
        _choose(state, tpm, state.machine.tpm_model, Rule.MACHINE_DEFAULT)
    if tpm.backend == "emulator" and tpm.version in (None, "default"):
        tpm.version = "1.2" if state.machine.is_x86 and tpm.model == "tpm-tis" else "2.0"


def _complete_iommu(state: State, iommu: Iommu) -> None:
    model = first_possible(state.machine.vcpus_iommu, state.caps, state.rules)
    if model is None or state.guest.vcpus <= MOST_PLAIN_VCPUS:
        return
    if iommu.model == "amd" and iommu.xtsup is None and state.rules.xtsup_for_many_vcpus:
        iommu.xtsup = True
    if iommu.model != model:
        return
    if iommu.intremap is None and state.caps.has("intel-iommu.intremap"):
        iommu.intremap = True
    if iommu.eim is None and state.caps.has("intel-iommu.eim"):
        iommu.eim = True
