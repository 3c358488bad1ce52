"""Whether firmware has room for the BARs of passed-through devices, and the 64-bit PCI hole that is large enough."""

from __future__ import annotations

from typing import NamedTuple

from devaddr_xml.engine.hints.bars import Need, needs_of_roots, packed
from devaddr_xml.engine.state import State
from devaddr_xml.machines.machine import applies
from devaddr_xml.model.device import Controller
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.naming import label

_KIB, _MIB, _GIB = 10, 20, 30


class Room(NamedTuple):
    """The addresses that a machine has for PCI memory where the domain says nothing, in bytes, and who says so.

    low: below 4 GiB, at least. high: above.
    """

    low: int
    high: int
    source: str


#: By family of machines; what OVMF itself takes is in `ovmf_window`.
ROOMS: dict[str, Room] = {
    "q35": Room(0x3C000000, 32 << _GIB, "QEMU include/hw/pci-host/q35.h (hole64), OvmfPkg (0xc0000000-0xfc000000)"),
    "i440fx": Room(0x3C000000, 2 << _GIB, "QEMU hw/pci-host/i440fx.c (hole64), OvmfPkg (0xc0000000-0xfc000000)"),
    "arm-virt": Room(0x2EFF0000, 512 << _GIB, "QEMU hw/arm/virt.c (VIRT_PCIE_MMIO, VIRT_HIGH_PCIE_MMIO)"),
}


#: Families whose firmware OVMF is.
_OF_X86 = ("q35", "i440fx")
#: What OVMF takes above 4 GiB without knowing the guest's address bits, whatever pcihole64 is (edk2,
#: OvmfPkg/OvmfPkgX64.dsc: PcdPciMmio64Size).
OVMF_DEFAULT = 32 << _GIB
#: Bits beyond those that OVMF makes use of.
_MOST_BITS = 46
#: What QEMU says where nobody has told it the host's bits: OVMF believes it of an AMD CPU, and not of an Intel one.
_UNSURE_BITS = 40


def ovmf_window(bits: int | None) -> int:
    """The addresses above 4 GiB that OVMF has for BARs at least: an eighth of all, where it trusts the CPU's word.

    bits: physical address bits of the guest CPU; none if unknown. Measured with the OVMF of Debian 12
    (edk2-stable202211) in guests of QEMU 7.2, as tests/live/test_live_ovmf.py does again.
    """
    if bits is None or bits == _UNSURE_BITS or bits < _UNSURE_BITS - 1:
        return OVMF_DEFAULT
    return max(OVMF_DEFAULT, 1 << (min(bits, _MOST_BITS) - 3))


def fit_windows(state: State) -> None:
    """Compare what BARs need with what the guest has; with ``mmio-window="fit"`` make the 64-bit hole large enough."""
    room = ROOMS.get(state.machine.family)
    needs = needs_of_roots(state) if room is not None and state.host.pci else {}
    root = state.controller("pci", 0)
    if room is None or not needs or root is None:
        return
    _check_low(state, room, needs)
    needed = packed(need.high for need in needs.values()).size
    if not needed:
        return
    wanted = _power_of_two(needed)
    settable = state.machine.pcihole64 and applies(state.rules, state.machine.pcihole64_when)
    bits = state.guest.phys_bits or (state.host.phys_bits if state.guest.host_phys_bits else None)
    is_x86 = state.machine.family in _OF_X86
    has = root.pcihole64 << _KIB if root.pcihole64 is not None else room.high
    suffices = max(has, ovmf_window(bits)) if is_x86 and root.pcihole64 is None else has
    if needed > has and state.tunables.mmio_window == "fit" and settable:
        root.pcihole64 = wanted >> _KIB
        state.journal.note(root, Chosen("pcihole64", _sized(wanted)), Rule.FITTED_WINDOW, "policy")
        has = wanted
    elif needed > suffices:
        _warn_of_hole(state, root, needs, (needed, suffices, wanted), settable)
    if root.pcihole64 is not None and bits is None and is_x86 and OVMF_DEFAULT < needed <= has:
        _check_unstated_bits(state, needed)
    if bits is not None and not _exceeds(state, bits, max(needed, has if root.pcihole64 is not None else 0)) and is_x86:
        _check_firmware(state, bits, needed)


def _check_low(state: State, room: Room, needs: dict[int, Need]) -> None:
    needed = packed(need.low for need in needs.values()).size
    if needed > room.low:
        reserves = any(c.mem_reserve for c in state.controllers)
        state.journal.warn(
            f"32-bit BARs of passed-through devices{' and memReserve' if reserves else ''} need {_sized(needed)} below "
            f"4 GiB, and there are about {_sized(room.low)}: some devices stay without memory",
            remedy="Reserve less memory" if reserves else "Pass through fewer devices",
        )


def _warn_of_hole(
    state: State, root: Controller, needs: dict[int, Need], sizes: tuple[int, int, int], settable: bool
) -> None:
    needed, has, wanted = sizes
    buses = {c.index or 0: c for c in state.controllers if c.type == "pci"}
    each = [f"{label(buses[index])} {_sized(need.high.size)}" for index, need in needs.items() if need.high.size]
    more = "" if len(each) == 1 else f" ({', '.join(each[:8])}{', ...' if len(each) > 8 else ''})"
    remedy = f"Write <pcihole64 unit='GiB'>{wanted >> _GIB or 1}</pcihole64>, or let mmio-window=\"fit\" write it"
    state.journal.warn(
        f"64-bit BARs of passed-through devices need {_sized(needed)}{more}, and the 64-bit PCI hole has {_sized(has)}",
        root,
        remedy=remedy if settable else "A newer libvirt can set the hole (<pcihole64>)",
    )


def _exceeds(state: State, bits: int, window: int) -> bool:
    """Whether memory and a window are more than the guest CPU can address, with a warning."""
    memory = (state.guest.max_memory or state.guest.memory or 0) << _KIB
    if memory + window <= 1 << bits:
        return False
    need = (memory + window - 1).bit_length()
    state.journal.warn(
        f"memory and 64-bit BARs need {_sized(memory + window)} of addresses, and the guest CPU has {bits} "
        "physical address bits",
        remedy=f"Write <maxphysaddr mode='emulate' bits='{need}'/> into <cpu>",
    )
    return True


def _check_firmware(state: State, bits: int, needed: int) -> None:
    """OVMF takes no more than its own window, whatever pcihole64 is; of 40 bits it may believe an eighth."""
    window = ovmf_window(bits) if bits != _UNSURE_BITS else 1 << (_UNSURE_BITS - 3)
    if needed > window:
        state.journal.warn(
            f"64-bit BARs of passed-through devices need {_sized(needed)}, and OVMF maps {_sized(window)} of them "
            f"where the guest CPU has {bits} physical address bits",
            remedy=f"Write <maxphysaddr mode='emulate' bits='{_bits_for(needed)}'/> into <cpu>, if the host has so "
            "many",
        )


def _check_unstated_bits(state: State, needed: int) -> None:
    """Where the domain says neither the address bits nor that the CPU is the host's, QEMU says 40 bits of the CPU."""
    if state.guest.uefi and not state.guest.host_cpu:
        state.journal.warn(
            f"64-bit BARs of passed-through devices need {_sized(needed)}, and OVMF maps {_sized(OVMF_DEFAULT)} of "
            "them, whatever pcihole64 is, where the domain does not state the address bits of the guest CPU",
            remedy=f"Write <maxphysaddr mode='emulate' bits='{_bits_for(needed)}'/> into <cpu>, if the host has so "
            "many, or use <cpu mode='host-passthrough'>",
        )


def _bits_for(needed: int) -> int:
    """The address bits with which the window of OVMF holds so many bytes."""
    return max(_UNSURE_BITS + 1, (needed - 1).bit_length() + 3)


def _power_of_two(size: int) -> int:
    return 1 << (size - 1).bit_length()


def _sized(size: int) -> str:
    """A size in the largest unit that divides it, or else in MiB, rounded up."""
    for shift, unit in ((40, "TiB"), (_GIB, "GiB")):
        if size and not size & ((1 << shift) - 1):
            return f"{size >> shift} {unit}"
    return f"{-(-size >> _MIB)} MiB"
