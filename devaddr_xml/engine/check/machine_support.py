"""Devices that only some machines have."""

from __future__ import annotations

from functools import lru_cache

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.machines.family import Machine, titles_of
from devaddr_xml.model.device import Console, Device, Iommu, Nvram, Panic, Parallel, Serial, Tpm, Watchdog
from devaddr_xml.model.errors import Unsupported

_titles = lru_cache(maxsize=256)(titles_of)

#: Kinds of devices with models or target types that only some machines have, and the fields that decide.
_FIELDS: dict[type[Device], tuple[str, ...]] = {
    Watchdog: ("model",),
    Panic: ("model",),
    Iommu: ("model",),
    Tpm: ("model",),
    Serial: ("model", "target_type"),
    Console: ("target_type",),
}


def check_machine_support(state: State) -> None:
    """Refuse devices that the machine does not have; raises Unsupported."""
    machine = state.machine
    if state.rules.pci_by_machine and machine.pci_expected and not machine.implied_pci_root(state.caps, state.rules):
        raise Unsupported(
            f"machine {machine.name} ({machine.arch}) has no PCI root, although this libvirt assumes one",
            remedy="Use another machine",
        )
    for kind, fields in _FIELDS.items():
        for device in state.of(kind):
            for field in fields:
                value = getattr(device, field)
                if value and f"{kind.kind} {value}" not in state.rules.taken_everywhere:
                    _check(state.machine, device, f"{kind.kind} {value}", f"{field.replace('_', ' ')} {value}")
    for nvram in state.of(Nvram):
        _check(state.machine, nvram, nvram.kind, "the device")
    if state.of(Parallel) and not state.machine.parallel_ports:
        raise refusal(
            Unsupported,
            f"machine {state.machine.name} ({state.machine.arch}) has no parallel ports",
            state.of(Parallel)[0],
            remedy="Remove the parallel port",
        )


def is_supported(machine: Machine, name: str) -> bool:
    """Whether the machine has a device, as in ``Machine.has``: most are on every machine."""
    return name in machine.has or _titles(name) is None


def _check(machine: Machine, device: Device, name: str, what: str) -> None:
    if is_supported(machine, name):
        return
    titles = _titles(name)
    raise refusal(
        Unsupported,
        f"{what} exists on {titles} machines only, and this one is {machine.name} ({machine.arch})",
        device,
        remedy="Remove it, or choose one that the machine has",
    )
