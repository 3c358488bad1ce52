"""Devices of models that QEMU does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device, Shmem, Sound, Tpm
from devaddr_xml.model.errors import Unsupported

#: The abilities of QEMU of which a model needs one, by kind of device; a model that is not here needs none.
NEEDS: dict[str, Mapping[str, tuple[str, ...]]] = {
    "panic": {"isa": ("pvpanic",), "pvpanic": ("pvpanic-pci",)},
    "sound": {"ich9": ("ich9-intel-hda",), "usb": ("usb-audio",), "virtio": ("virtio-sound",)},
    "shmem": {"ivshmem-plain": ("ivshmem-plain",), "ivshmem-doorbell": ("ivshmem-doorbell",)},
    "tpm": {
        "tpm-tis": ("tpm-tis", "tpm-tis-device"),
        "tpm-crb": ("tpm-crb",),
        "tpm-spapr": ("tpm-spapr",),
        "spapr-tpm-proxy": ("spapr-tpm-proxy",),
    },
}


def check_abilities(state: State) -> None:
    """Refuse devices of models that QEMU does not have; raises Unsupported."""
    _check(state, state.panics)
    _check(state, state.of(Sound))
    _check(state, state.of(Shmem))
    _check(state, state.of(Tpm))
    for device in state.inputs:
        if device.type == "evdev" and device.bus is not None:
            raise refusal(
                Unsupported,
                f"an input of type evdev is on no bus, and on this machine it would be on bus {device.bus}",
                device,
                remedy="Use type passthrough",
            )


def _check(state: State, devices: Iterable[Device]) -> None:
    for device in devices:
        needs = NEEDS[device.kind].get(device.model or "")
        if needs is not None and not any(map(state.caps.has, needs)):
            raise refusal(
                Unsupported,
                f"this QEMU has no {device.kind} of model {device.model}",
                device,
                remedy="Remove it, or choose a model that QEMU has",
            )
