"""Devices that only some machines have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.machines.machine import PPC64, S390, X86, Machine
from devaddr_xml.model.device import Device, Nvram, Parallel, Tpm
from devaddr_xml.model.errors import Unsupported


class Home(msgspec.Struct, frozen=True):
    """Where a device exists: on machines of these families, and on every machine of these architectures."""

    name: str
    families: frozenset[str] = frozenset()
    architectures: frozenset[str] = frozenset()

    def holds(self, machine: Machine) -> bool:
        """Whether the device exists on ``machine``."""
        return machine.family in self.families or machine.arch in self.architectures


I440FX = Home("i440fx machines", families=frozenset(("i440fx",)))
Q35 = Home("q35 machines", families=frozenset(("q35",)))
ARM_VIRT = Home("Arm virt machines", families=frozenset(("arm-virt",)))
Q35_OR_ARM_VIRT = Home("q35 and Arm virt machines", families=Q35.families | ARM_VIRT.families)
RISCV_OR_LOONGARCH_VIRT = Home(
    "RISC-V and LoongArch virt machines", families=frozenset(("riscv-virt", "loongarch-virt"))
)
PSERIES = Home("pSeries machines", families=frozenset(("pseries",)))
POWER = Home("64-bit Power machines", architectures=PPC64)
S390_ANY = Home("s390 machines", architectures=S390)
X86_ANY = Home("x86 machines", architectures=X86)

#: Each model that needs a machine, by kind of device.
MODELS: dict[str, dict[str, Home]] = {
    "watchdog": {"ib700": I440FX, "itco": Q35, "diag288": S390_ANY},
    "panic": {"hyperv": X86_ANY, "pseries": PSERIES, "s390": S390_ANY},
    "iommu": {"intel": Q35, "amd": Q35, "smmuv3": ARM_VIRT, "virtio": Q35_OR_ARM_VIRT},
    "tpm": {"tpm-crb": X86_ANY, "tpm-spapr": POWER, "spapr-tpm-proxy": POWER},
    "serial": {
        "spapr-vty": PSERIES,
        "pl011": ARM_VIRT,
        "16550a": RISCV_OR_LOONGARCH_VIRT,
        "sclpconsole": S390_ANY,
        "sclplmconsole": S390_ANY,
    },
}

#: The same for target types of character devices.
TARGET_TYPES: dict[str, dict[str, Home]] = {
    "serial": {"spapr-vio-serial": PSERIES, "sclp-serial": S390_ANY},
    "console": {"sclp": S390_ANY, "sclplm": S390_ANY},
}


def check_homes(state: State) -> None:
    """Refuse devices that the machine does not have; raises Unsupported."""
    machine = state.machine
    watchdogs = MODELS["watchdog"]
    if not state.rules.ib700_by_machine:
        watchdogs = {model: home for model, home in watchdogs.items() if model != "ib700"}
    _check_models(state.watchdogs, watchdogs, machine)
    _check_models(state.panics, MODELS["panic"], machine)
    _check_models(state.iommus, MODELS["iommu"], machine)
    _check_models(state.of(Tpm), MODELS["tpm"], machine)
    _check_models(state.serials, MODELS["serial"], machine)
    for device in (*state.serials, *state.consoles):
        home = TARGET_TYPES[device.kind].get(device.target_type or "")
        if home is not None and not home.holds(machine):
            raise _homeless(device, f"target type {device.target_type}", home, machine)
    for nvram in state.of(Nvram):
        if not PSERIES.holds(machine):
            raise _homeless(nvram, "the device", PSERIES, machine)
    if state.of(Parallel) and (PSERIES.holds(machine) or S390_ANY.holds(machine)):
        raise refusal(
            Unsupported,
            f"machine {machine.name} ({machine.arch}) has no parallel ports",
            state.of(Parallel)[0],
            remedy="Remove the parallel port",
        )


def _check_models(devices: Iterable[Device], homes: Mapping[str, Home], machine: Machine) -> None:
    for device in devices:
        home = homes.get(device.model or "")
        if home is not None and not home.holds(machine):
            raise _homeless(device, f"model {device.model}", home, machine)


def _homeless(device: Device, what: str, home: Home, machine: Machine) -> Unsupported:
    return refusal(
        Unsupported,
        f"{what} exists on {home.name} only, and this one is {machine.name} ({machine.arch})",
        device,
        remedy="Remove it, or choose one that the machine has",
    )
