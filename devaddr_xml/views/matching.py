"""Which device of one guest is which of another: by identity, never by position in a list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial

from devaddr_xml.model.device import (
    Channel,
    CharacterDevice,
    Controller,
    Device,
    Disk,
    Filesystem,
    Hostdev,
    Interface,
    Shmem,
)
from devaddr_xml.model.kind_rows import KINDS
from devaddr_xml.views.abi import FIELDS, place

Pair = tuple[Device | None, Device | None]
Key = Callable[[Device], Hashable | None]

#: Kinds of which a guest has one at the most.
_SINGLE = frozenset(kind.name for kind in KINDS if kind.is_single)


def match(old: Iterable[Device], new: Iterable[Device]) -> list[Pair]:
    """Pairs of the same device in two guests, then those of the old one alone, then those of the new one alone.

    A device is the same by the first of these that both have: user alias; MAC address; PCI address, mdev UUID or other
    identity on the host; disk or file system target, channel name, serial port number; source of a disk; type and index
    of a controller.
    Where several devices have one identity, those at the same place are the same.
    Devices without any identity are the same when nothing of them differs, else when they are at the same place, else
    when they are of the same model, in the order of their addresses.
    """
    theirs = _by_kind(new)
    pairs: list[Pair] = []
    gone: list[Pair] = []
    for kind, devices in _by_kind(old).items():
        found, left = _match_kind(kind, devices, theirs.setdefault(kind, []))
        pairs += found
        gone += [(device, None) for device in left]
    return [*pairs, *gone, *((None, device) for devices in theirs.values() for device in devices)]


def _by_kind(devices: Iterable[Device]) -> dict[str, list[Device]]:
    kinds: dict[str, list[Device]] = {}
    for device in devices:
        if device.kind in FIELDS:
            kinds.setdefault(device.kind, []).append(device)
    return kinds


def _match_kind(kind: str, old: list[Device], new: list[Device]) -> tuple[list[Pair], list[Device]]:
    """Pairs of one kind and what is left of the old ones; takes what it pairs out of ``new``."""
    pairs: list[Pair] = []
    for key in _IDENTITIES:
        old = _join(key, old, new, pairs)
    for key in _IDENTITIES:
        # an identity that several devices have tells them apart only together with their place
        old = _join(partial(_with_place, key), old, new, pairs, several=True)
        old = _join(key, old, new, pairs, several=True)
    for key in (_same, _same_place, _same_model):
        old = _join(key, old, new, pairs, several=True)
    if kind in _SINGLE and len(old) == len(new) == 1:
        pairs.append((old.pop(), new.pop()))
    return pairs, old


def _join(key: Key, old: list[Device], new: list[Device], pairs: list[Pair], several: bool = False) -> list[Device]:
    """Pair devices with equal keys; without ``several`` only where the key is one device's on each side."""
    if not old or not new:
        return old
    ours = _table(key, old)
    theirs = _table(key, new)
    taken: set[int] = set()
    for value, mine in ours.items():
        others = theirs.get(value, [])
        if several or len(mine) == len(others) == 1:
            mine.sort(key=_order)
            others.sort(key=_order)
            for one, other in zip(mine, others, strict=False):
                if several and one.alias and other.alias and one.alias != other.alias:
                    continue  # their names say that they are two
                pairs.append((one, other))
                taken |= {id(one), id(other)}
    new[:] = [device for device in new if id(device) not in taken]
    return [device for device in old if id(device) not in taken]


def _table(key: Key, devices: list[Device]) -> dict[Hashable, list[Device]]:
    table: dict[Hashable, list[Device]] = {}
    for device in devices:
        value = key(device)
        if value is not None:
            table.setdefault(value, []).append(device)
    return table


def _alias(device: Device) -> Hashable | None:
    return device.alias


def _mac(device: Device) -> Hashable | None:
    return device.mac.lower() if isinstance(device, Interface) and device.mac else None


def _source(device: Device) -> Hashable | None:
    if not isinstance(device, Interface | Hostdev) or device.source is None:
        return None
    return device.source.uuid or device.source.key or (str(device.source.pci) if device.source.pci else None)


def _name(device: Device) -> Hashable | None:
    if isinstance(device, Disk | Filesystem):
        return device.target
    if isinstance(device, Channel | Shmem):
        return device.name
    if isinstance(device, CharacterDevice):
        return device.port
    return None


def _controller_with_model(device: Device) -> Hashable | None:
    if not isinstance(device, Controller) or device.index is None:
        return None
    return device.type, device.index, device.model, device.master_startport


def _controller(device: Device) -> Hashable | None:
    return (device.type, device.index) if isinstance(device, Controller) and device.index is not None else None


def _data(device: Device) -> Hashable | None:
    return device.source if isinstance(device, Disk) else None


_IDENTITIES: tuple[Key, ...] = (_alias, _mac, _source, _name, _data, _controller_with_model, _controller)


def _with_place(key: Key, device: Device) -> Hashable | None:
    value = key(device)
    return None if value is None else (value, place(device))


def _anonymous(device: Device) -> bool:
    return all(key(device) is None for key in (_mac, _source, _name, _controller))


def _same(device: Device) -> Hashable | None:
    return (*_model(device), place(device)) if _anonymous(device) else None


def _same_place(device: Device) -> Hashable | None:
    return place(device) if _anonymous(device) else None


def _same_model(device: Device) -> Hashable | None:
    return _model(device) if _anonymous(device) else None


def _model(device: Device) -> tuple[Hashable, ...]:
    return tuple([getattr(device, name) for name in FIELDS[device.kind]])


def _order(device: Device) -> tuple[str, str]:
    return str(place(device) or "~"), device.alias or ""
