"""Lay out a guest so that devices of an earlier layout keep their places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from devaddr_xml.engine.lifecycle.bring_along import Bring, Unit
from devaddr_xml.engine.pci.used import remembering, slots_of
from devaddr_xml.engine.plan import plan, start
from devaddr_xml.machines.family import machine_of
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.device import AnyDevice, Controller, Device
from devaddr_xml.model.errors import DevaddrError, LayoutNotKept
from devaddr_xml.model.events import Rule
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.kept import Lost, Place
from devaddr_xml.model.lock import Lock
from devaddr_xml.model.naming import label, preferred_references
from devaddr_xml.model.plan import Decision, Notice, Plan
from devaddr_xml.model.policy import NO_POLICY, Policy


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """The finished guest, and the changes from the earlier layout.

    kept: devices at the address that they had. new: devices that were not there. gone: devices of the earlier layout
    that are not in the guest any more. lost: devices that have another address now. aligned: the devices of the guest
    that was given, in its order, then the others.
    """

    plan: Plan
    kept: tuple[Place, ...] = ()
    new: tuple[Place, ...] = ()
    gone: tuple[Place, ...] = ()
    lost: tuple[Lost, ...] = ()


def keep(
    guest: Guest,
    earlier: Lock,
    *,
    capabilities: Capabilities,
    policy: Policy | None = None,
    host: HostFacts | None = None,
    if_possible: bool = False,
    thorough: bool = False,
) -> Keeping:
    """Give every device of ``guest`` its address: of the earlier layout, if it was in it, else a new one.

    earlier: where the devices were. if_possible: a device that cannot have its earlier address gets another one, with a
    warning. Raises LayoutNotKept with a list of such devices without it, DevaddrError as ``plan`` does.
    """

    def attempt(given: Guest) -> Plan:
        return plan(given, policy=policy, capabilities=capabilities, host=host, thorough=thorough)

    guest = _remembering(guest, earlier, policy)
    bring = Bring(guest, earlier, lambda given: start(given, policy=policy, capabilities=capabilities, host=host))
    other_machine = _other_machine(guest, earlier, capabilities)
    if other_machine:
        lost = [(unit, other_machine) for unit in bring.units if unit.address and unit.position is not None]
        if not if_possible and lost:
            raise _not_kept(bring, lost)
        return _keeping(bring, attempt(guest), [], lost)
    return _keeping(bring, *_most(bring, attempt, if_possible))


def _remembering(guest: Guest, earlier: Lock, policy: Policy | None) -> Guest:
    """The guest with the slots of the earlier layout remembered, where its policy says that they stay empty."""
    own = guest.policy or NO_POLICY
    if (policy or NO_POLICY).over(own).tunables().slot_reuse != "never":
        return guest
    used = remembering(own, (*earlier.used, *slots_of(device for _, device in earlier.placed)))
    return msgspec.structs.replace(guest, policy=used)


def _most(
    bring: Bring, attempt: Callable[[Guest], Plan], if_possible: bool
) -> tuple[Plan, list[Unit], list[tuple[Unit, str]]]:
    """The plan with as many units of the earlier layout as go together, these units, and the others with reasons."""
    try:
        return attempt(bring.guest_with(bring.units)), list(bring.units), []
    except DevaddrError as error:
        if not if_possible and bring.is_about_new(error):
            raise
    attempt(bring.guest_with(()))
    units: list[Unit] = []
    lost: list[tuple[Unit, str]] = []
    _add(bring, attempt, list(bring.units), units, lost)
    if not if_possible:
        raise _not_kept(bring, lost)
    return attempt(bring.guest_with(units)), units, lost


def _add(
    bring: Bring,
    attempt: Callable[[Guest], Plan],
    more: Sequence[Unit],
    units: list[Unit],
    lost: list[tuple[Unit, str]],
) -> None:
    """Add to ``units`` those of ``more`` that go together with them, and to ``lost`` the others."""
    try:
        attempt(bring.guest_with([*units, *more]))
    except DevaddrError as error:
        if len(more) == 1:
            lost.append((more[0], error.explanation))
            return
        middle = len(more) // 2
        _add(bring, attempt, more[:middle], units, lost)
        _add(bring, attempt, more[middle:], units, lost)
    else:
        units += more


def _other_machine(guest: Guest, earlier: Lock, capabilities: Capabilities) -> str | None:
    """Why no part of the layout of another machine can be kept."""
    if earlier.arch is None or earlier.machine is None:
        return None
    arch, name = guest.arch or capabilities.arch, guest.machine or capabilities.default_machine or ""
    old, new = machine_of(earlier.arch, earlier.machine), machine_of(arch, name)
    if arch == earlier.arch and old.chipset == new.chipset and old.family == new.family:
        return None
    return f"the earlier layout is that of {earlier.arch} {earlier.machine}, and this is {arch} {name}"


def _not_kept(bring: Bring, lost: Iterable[tuple[Unit, str]]) -> LayoutNotKept:
    lines = [str(_lost(bring, unit, reason)) for unit, reason in lost]
    count = "one device" if len(lines) == 1 else f"{len(lines)} devices"
    return LayoutNotKept(
        f"{count} cannot keep the places of the earlier layout: {'; '.join(lines)}",
        lost=tuple(lines),
        remedy="--like-if-possible gives such devices other places",
    )


def _lost(bring: Bring, unit: Unit, reason: str) -> Lost:
    device = bring.device_of(unit)
    return Lost(ref=unit.ref, device=label(device), address=str(unit.address or "its index"), reason=reason)


def _keeping(bring: Bring, found: Plan, units: Sequence[Unit], lost: Sequence[tuple[Unit, str]]) -> Keeping:
    aligned = found.aligned
    count = len(bring.guest.devices)
    carried = aligned[count : len(aligned) - len(found.added)]
    decisions = [Decision(device, device.address, Rule.KEPT, "given") for device in carried if device.address]
    was = {unit.position: unit for unit in units if unit.position is not None and unit.address is not None}
    decisions += [
        Decision(aligned[at], address, Rule.KEPT, "given")
        for at in sorted(was)
        if (address := aligned[at].address) is not None
    ]
    warnings = [Notice(str(_lost(bring, unit, reason)), None, bring.device_of(unit).line) for unit, reason in lost]
    if not bring.has_addresses:
        warnings.append(
            Notice(
                "no device of the earlier layout has an address, so there is nothing to keep",
                remedy="Give the finished domain, such as virsh dumpxml prints, or the file of assign --lock",
            )
        )
    names = preferred_references(found.guest.devices)
    fresh = [d for at, d in enumerate(aligned[:count]) if at not in bring.positions] + list(found.added)
    staying = [*(aligned[at] for at in sorted(was)), *carried]
    return Keeping(
        plan=Plan(
            guest=found.guest,
            added=(*carried, *found.added),
            decisions=(*decisions, *found.decisions),
            warnings=(*warnings, *found.warnings),
        ),
        kept=_places(names, staying),
        new=_places(names, [device for device in fresh if _is_new(bring, device)]),
        gone=tuple(
            [
                Place(ref=ref, device=label(device), address=str(device.address))
                for ref, device in bring.gone(carried)
                if device.address is not None
            ]
        ),
        lost=tuple([_lost(bring, unit, reason) for unit, reason in lost]),
    )


def _is_new(bring: Bring, device: Device) -> bool:
    """Whether a device that was not kept is none that lost its place."""
    return not isinstance(device, Controller) or (device.type, device.index) not in bring.controller_keys


def _places(names: dict[int, str], devices: Iterable[AnyDevice | Device]) -> tuple[Place, ...]:
    return tuple(
        [
            Place(ref=names[id(device)], device=label(device), address=str(device.address))
            for device in devices
            if device.address is not None
        ]
    )
