"""The guest as a whole: vCPUs, PS/2, IOMMU, TPMs, watchdogs, balloons and virtio variants."""

from __future__ import annotations

from devaddr_xml.engine.check.disks import TRANSITIONAL
from devaddr_xml.engine.check.refusal import refusal
from devaddr_xml.engine.state import State
from devaddr_xml.machines.machine import MOST_PLAIN_VCPUS
from devaddr_xml.model.address import CcwAddress
from devaddr_xml.model.device import Tpm, Watchdog
from devaddr_xml.model.errors import Unsupported, ValueInvalid

#: Watchdog models of which a guest can have several.
REPEATABLE_WATCHDOGS = frozenset(("i6300esb",))
TPM_PROXY = "spapr-tpm-proxy"
DEFAULT_ACTION = "reset"
PS2_SWITCH = "machine-i8042-opt"


def check_domain(state: State) -> None:
    """Refuse combinations that a guest cannot have; raises Unsupported and ValueInvalid."""
    _check_vcpus(state)
    _check_ps2(state)
    _check_iommus(state)
    _check_tpms(state)
    _check_watchdogs(state)
    _check_rest(state)


def _check_vcpus(state: State) -> None:
    if state.guest.vcpus <= MOST_PLAIN_VCPUS or not state.machine.is_x86:
        return
    remaps = any(iommu.eim or (iommu.xtsup and state.rules.xtsup_for_many_vcpus) for iommu in state.iommus)
    if not state.machine.vcpus_iommu or not remaps:
        raise Unsupported(
            f"the guest has {state.guest.vcpus} vCPUs, and x86 guests with more than {MOST_PLAIN_VCPUS} need a q35 "
            "machine and an IOMMU that remaps their interrupts",
            remedy="Use a q35 machine and <iommu model='intel'><driver intremap='on' eim='on'/></iommu>",
        )


def _check_ps2(state: State) -> None:
    if state.guest.ps2 is not None and not state.rules.ps2_feature:
        raise Unsupported(
            "the target libvirt does not know the feature ps2",
            remedy="Remove <ps2/> from <features>, or choose a newer libvirt",
        )
    if state.guest.ps2 is not None and not state.caps.has(PS2_SWITCH):
        raise Unsupported(
            "the domain states the ps2 feature, but this QEMU cannot turn PS/2 on or off",
            remedy="Remove <ps2/> from <features>",
        )
    for device in state.inputs:
        if device.bus != "ps2":
            continue
        if state.guest.ps2 is False:
            raise refusal(
                Unsupported,
                "the device is on bus ps2, and the ps2 feature is off",
                device,
                remedy="Use bus usb or virtio, or remove <ps2 state='off'/>",
            )
        by_qemu = state.rules.ps2_by_qemu and state.caps.has("i8042")
        if not by_qemu and not state.machine.has_ps2(state.caps, state.rules):
            raise refusal(
                Unsupported,
                f"machine {state.machine.name} ({state.machine.arch}) has no bus ps2",
                device,
                remedy="Use bus usb or virtio",
            )
        if device.address is not None:
            state.journal.warn("its address is not used: PS/2 devices have none", device, remedy="Remove the address")


def _check_iommus(state: State) -> None:
    for iommu in state.iommus:
        if iommu.model == "virtio" and not state.guest.acpi:
            raise refusal(
                Unsupported,
                "the guest finds a virtio IOMMU through ACPI, but it has no ACPI",
                iommu,
                remedy="Add <acpi/> to <features>",
            )


def _check_tpms(state: State) -> None:
    seen: dict[bool, Tpm] = {}
    for tpm in state.of(Tpm):
        proxy = tpm.model == TPM_PROXY
        other = seen.setdefault(proxy, tpm)
        if other is not tpm:
            raise refusal(
                Unsupported,
                f"a guest has one TPM {'proxy' if proxy else 'device'} only",
                tpm,
                other=other,
                remedy="Remove one of the two",
            )
        if tpm.version == "1.2" and not (tpm.model == "tpm-tis" and state.machine.is_x86):
            raise refusal(
                Unsupported,
                f"TPM 1.2 needs model tpm-tis on an x86 machine, and this is {tpm.model} on {state.machine.arch}",
                tpm,
                remedy="Use version 2.0",
            )


def _check_watchdogs(state: State) -> None:
    models: dict[str | None, Watchdog] = {}
    for watchdog in state.watchdogs:
        first = state.watchdogs[0]
        if (watchdog.action or DEFAULT_ACTION) != (first.action or DEFAULT_ACTION):
            raise refusal(
                Unsupported,
                f"all watchdogs of a guest have the same action, but this one's is {watchdog.action}, "
                f"another one's {first.action}",
                watchdog,
                other=first,
                remedy="Give them one action",
            )
        other = models.setdefault(watchdog.model, watchdog)
        if other is not watchdog and watchdog.model not in REPEATABLE_WATCHDOGS:
            raise refusal(
                Unsupported,
                f"a guest has one watchdog of model {watchdog.model} only",
                watchdog,
                other=other,
                remedy="Remove one of the two",
            )


def _check_rest(state: State) -> None:
    for panic in state.panics:
        if panic.model is None and state.rules.default_panic_model:
            raise refusal(
                Unsupported,
                f"machine {state.machine.name} ({state.machine.arch}) has no default panic device",
                panic,
                remedy="Name a model, such as pvpanic",
            )
    for device in state.inputs:
        if device.model in TRANSITIONAL:
            raise refusal(
                Unsupported,
                f"QEMU has no inputs of model {device.model}",
                device,
                remedy="Remove the model",
            )
        if device.bus == "xen":
            raise refusal(Unsupported, "QEMU has no bus xen", device, remedy="Use bus usb or virtio")
        if device.type == "passthrough" and isinstance(device.address, CcwAddress):
            raise refusal(
                Unsupported,
                "QEMU has no channel device for an input that is passed through",
                device,
                remedy="Give it a PCI address",
            )
        if device.bus == "usb" and device.type == "keyboard" and not state.caps.has("usb-kbd"):
            raise refusal(Unsupported, "this QEMU has no USB keyboard", device, remedy="Use bus virtio")
    for memballoon in state.memballoons:
        if memballoon.model == "xen":
            raise refusal(ValueInvalid, "QEMU has no memory balloon of model xen", memballoon, remedy="Use virtio")
