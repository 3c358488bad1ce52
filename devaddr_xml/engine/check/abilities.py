"""Devices of models that QEMU does not have."""

from __future__ import annotations

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import Unsupported
from devaddr_xml.model.kind_rows import KINDS


def check_abilities(state: State) -> None:
    """Refuse devices of models that QEMU does not have; raises Unsupported."""
    for kind in KINDS:
        if kind.abilities:
            for device in state.of(kind.device):
                _check(state, device, kind.abilities.get(device.model or ""))
    for device in state.inputs:
        if device.type == "evdev" and device.bus is not None:
            raise refusal(
                Unsupported,
                f"an input of type evdev is on no bus, and on this machine it would be on bus {device.bus}",
                device,
                remedy="Use type passthrough",
            )


def _check(state: State, device: Device, abilities: str | None) -> None:
    if abilities is not None and not any(map(state.caps.has, abilities.split())):
        model = f" of model {device.model}" if device.model else ""
        raise refusal(
            Unsupported,
            f"this QEMU has no {device.kind}{model}",
            device,
            remedy="Remove it, or choose a model that QEMU has" if model else "Remove it",
        )
