"""The memory window that free ports reserve for a device that is plugged in later (memReserve)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from devaddr_xml.engine.finished.topology import Bus, Topology
from devaddr_xml.engine.hints.bars import is_high, window_below
from devaddr_xml.engine.hints.machine_kind import machine_kind
from devaddr_xml.engine.state import State
from devaddr_xml.model.device import Controller
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.events import Chosen, Rule
from devaddr_xml.model.policy import LARGEST_RESERVE, NO_POLICY
from devaddr_xml.model.version import dotted

#: The device of QEMU whose ports reserve memory; ioh3420 and the ports of switches do not.
_PORT = "pcie-root-port"
_KIB, _MIB = 10, 20


class Ask(msgspec.Struct, frozen=True):
    """Which ports reserve memory, and how much: ``ports`` free ports of a cell, or every free port outside cells.

    wanted: KiB, or the host address of a device. line: of the policy's element.
    """

    wanted: int | str
    node: int | None = None
    ports: int | None = None
    line: int | None = None

    @property
    def whose(self) -> str:
        """The ports in words."""
        return "the free ports" if self.node is None else f"the spare ports of node {self.node}"


def unfit_ports(state: State, wanted: int | str) -> set[int]:
    """The indexes of ports that reserve no memory, or less than ``wanted`` (KiB, or the host address of a device)."""
    if _obstacle(state) is not None:
        return set()
    try:
        size = _window(state, Ask(wanted))
    except HintError:
        size = None
    ports = (c for c in state.controllers if c.type == "pci")
    return {port.index or 0 for port in ports if not _is_fit(port, size)}


def reserve_windows(state: State) -> None:
    """Let free ports reserve the memory that the policy asks for. A port that already states a size keeps it.

    Without facts about the device, existing ports state the size. Raises HintError if the window is impossible; unless
    ``numa="strict"``, that is a warning.
    """
    for ask in _asks(state):
        try:
            _reserve(state, ask)
        except HintError as error:
            if state.tunables.numa == "strict":
                raise
            state.journal.warn(error.message, line=ask.line, remedy=error.remedy)


def _asks(state: State) -> Iterator[Ask]:
    policy = state.guest.policy or NO_POLICY
    if state.tunables.mem_reserve:
        yield Ask(state.tunables.mem_reserve, line=policy.line)
    if state.tunables.numa == "off":
        return
    for spare in policy.spares:
        if spare.mem_reserve is not None and spare.ports:
            yield Ask(spare.mem_reserve, spare.node, spare.ports, spare.line)


def _reserve(state: State, ask: Ask) -> None:
    obstacle = _obstacle(state)
    if obstacle is not None:
        raise _refusal(ask, obstacle, "Remove mem-reserve")
    ports = _ports(state, ask.node)
    free = [bus.controller for bus in ports if bus.empty and bus.hotpluggable and _is_fit(bus.controller, None)]
    if not free:
        state.journal.warn(
            f'mem-reserve="{ask.wanted}" is for {ask.whose}, and there is no free root port that can reserve memory',
            line=ask.line,
            remedy="Ask for free ports with spare-ports, or remove mem-reserve",
        )
        return
    stated = [bus.controller.mem_reserve for bus in ports if bus.controller.mem_reserve]
    known = isinstance(ask.wanted, int) or ask.wanted in state.host.pci
    size = max(stated) if stated and not known else _window(state, ask)
    fit = [port for port in free if _is_fit(port, size if known else None)]
    fit.sort(key=lambda port: port.mem_reserve is None)
    about = "a device" if isinstance(ask.wanted, int) else f"the host device {ask.wanted}"
    for port in fit[: ask.ports]:
        if port.mem_reserve is None:
            port.mem_reserve = size
            state.journal.note(port, Chosen("memReserve", f"{size} KiB"), Rule.RESERVED_WINDOW, "policy", about=about)
    _warn_of_high(state, ask)


def _is_fit(port: Controller, size: int | None) -> bool:
    """Whether a port can reserve memory, and does not state less than a size (in KiB)."""
    if port.model != _PORT or port.model_name not in (None, _PORT):
        return False
    return port.mem_reserve is None or size is None or port.mem_reserve >= size


def _ports(state: State, node: int | None) -> list[Bus]:
    """The buses of a cell's ports, or of the ports below no expander bus, by index."""
    topology = Topology(state.guest)
    below = {id(bus) for root in topology.roots if root.is_expander for bus in topology.below(root)}
    buses = [bus for _, bus in sorted(topology.buses.items()) if bus.is_port]
    if node is None:
        return [bus for bus in buses if id(bus) not in below]
    return [bus for bus in buses if bus.node == node]


def _obstacle(state: State) -> str | None:
    """Why no port of the guest can reserve memory, or None."""
    machine = state.machine
    if machine_kind(state) != "express":
        named = f"{machine.name} ({machine.arch})"
        return f"the free places of machine {named} are slots, and only a root port reserves memory"
    since = state.rules.unknown_fields.get(("controller", "mem_reserve"))
    if since is not None:
        return f"libvirt knows memReserve since {dotted(since)}, but the target libvirt is older"
    if not state.caps.has(_PORT):
        return f"the QEMU that the guest is for has no {_PORT}, and its other ports reserve no memory"
    return None


def _window(state: State, ask: Ask) -> int:
    """The size of the window in KiB. It is a power of two, as firmware makes it, so that it is as aligned as any BAR.

    Source: edk2, OvmfPkg/PciHotPlugInitDxe (the hint is rounded up). The window is for non-prefetchable memory; libvirt
    has no attribute for the one of prefetchable BARs of 64 bits.
    """
    if isinstance(ask.wanted, int):
        return ask.wanted
    address = str(ask.wanted)
    facts = state.host.pci.get(address)
    if facts is None:
        known = f"they know {len(state.host.pci)} devices" if state.host.pci else "there are none"
        raise _refusal(
            ask,
            f"the host facts do not know the host device {address}: {known}",
            "Pass the facts of the host (--host, devaddr-xml probe --sysfs), or write the size in KiB",
        )
    bars = state.host.bars_of(address)
    if not bars:
        raise _refusal(
            ask,
            f"the host facts name no BARs of the host device {address}",
            "Read them with devaddr-xml probe --sysfs, or write the size in KiB",
        )
    needed = window_below(bars).size
    if not needed:
        raise _refusal(
            ask,
            f"every BAR of the host device {address} is prefetchable and of 64 bits, and memReserve is for others",
            "Remove mem-reserve, or write the size in KiB",
        )
    size = 1 << (needed - 1).bit_length() >> _KIB
    if size > LARGEST_RESERVE:
        raise _refusal(
            ask,
            f"the BARs of the host device {address} need {needed >> _MIB} MiB below 4 GiB, and a port reserves less",
            "Remove mem-reserve, or write the size in KiB",
        )
    return size


def _warn_of_high(state: State, ask: Ask) -> None:
    """Warn that prefetchable 64-bit BARs do not use the window."""
    high = sum(bar.size for bar in state.host.bars_of(str(ask.wanted)) if is_high(bar))
    if high:
        state.journal.warn(
            f"memReserve of {ask.whose} has no room for the prefetchable 64-bit BARs of the "
            f"host device {ask.wanted} ({max(high >> _MIB, 1)} MiB): the firmware decides how much they get",
            line=ask.line,
            remedy="Pass the device through from the start if it gets no memory when it is plugged in",
        )


def _refusal(ask: Ask, problem: str, remedy: str) -> HintError:
    return HintError(
        f'mem-reserve="{ask.wanted}" is not possible: {problem}',
        device="policy" if ask.node is None else "spare",
        line=ask.line,
        remedy=remedy,
    )
