"""Which device of a guest is which of an earlier layout: by reference, then by kind and model in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from devaddr_xml.model.device import (
    AnyDevice,
    Channel,
    CharacterDevice,
    Controller,
    Device,
    Disk,
    Filesystem,
    Hostdev,
    Interface,
    Shmem,
    Tpm,
)
from devaddr_xml.model.kind_rows import KIND_OF, KINDS
from devaddr_xml.model.kinds import UNSET
from devaddr_xml.model.usb2 import USB2_MODELS

Key = Callable[[Device], Hashable]

#: Fields that tell no device of a kind from another.
_NO_TRAITS = frozenset(("address", "alias", "hints", "line", "source", "has_source", "readonly", "index"))
#: Fields that tell the models of a kind apart, where it has them.
_MODEL = ("model", "bus", "type", "device", "mode", "driver", "target_type", "backend", "node", "master_startport")
#: Kinds of which a guest has one at the most.
_SINGLE = frozenset(kind.name for kind in KINDS if kind.is_single or kind.device is Tpm)


def same_devices(new: Sequence[AnyDevice], old: Sequence[AnyDevice], numbered: Sequence[bool]) -> dict[int, int]:
    """The position in ``old`` of each device of ``new`` that is in both, by its position in ``new``.

    numbered: for each device of ``new`` whether its document gives it the index that it has; only controllers are
    asked. A device is the same by the first of these that both have: user alias; MAC address; host address or mdev
    UUID; target with its bus; name or port of a character device; type and index of a controller. Devices without are
    the same when they are of one model at one address, when they are controllers of one model that get one index, when
    nothing tells them apart, then when their models are equal, in document order.
    """
    matching = _Matching(new, old)
    for key in (_alias, _mac, _source, _target, _name, _port):
        for more in (_traits, _model):
            matching.join(_with(key, more))
        matching.join(key)
    indexed = [at for at, device in enumerate(new) if isinstance(device, Controller) and numbered[at]]
    for key in (_controller_with_model, _controller):
        matching.join(key, among=indexed)
    others = [at for at, device in enumerate(new) if not isinstance(device, Controller) or not numbered[at]]
    matching.join(_unnamed(_place), among=others)
    matching.join(_controller_with_model, among=others)
    open_ = [at for at in others if new[at].address is None]
    for key in (_traits, _model):
        matching.join(_unnamed(key), among=open_)
        matching.join(_unnamed(key), among=others)
    matching.join(_unnamed(_model), _model, among=others)
    matching.join(_model, _unnamed(_model), among=others)
    matching.join(_single)
    return matching.found


class _Matching:
    """Pairs of positions, and the positions that have no partner yet."""

    def __init__(self, new: Sequence[AnyDevice], old: Sequence[AnyDevice]) -> None:
        self.new, self.old = new, old
        self.found: dict[int, int] = {}
        self._taken: set[int] = set()

    def join(self, ours: Key, theirs: Key | None = None, *, among: Sequence[int] | None = None) -> None:
        """Pair devices whose keys are equal, in document order."""
        table: dict[Hashable, list[int]] = defaultdict(list)
        for at in range(len(self.old) - 1, -1, -1):
            if at not in self._taken and (value := (theirs or ours)(self.old[at])) is not None:
                table[self.old[at].kind, value].append(at)
        if not table:
            return
        for at in range(len(self.new)) if among is None else among:
            if at in self.found or (value := ours(self.new[at])) is None:
                continue
            waiting = table.get((self.new[at].kind, value))
            if waiting and _may_be_one(self.new[at], self.old[waiting[-1]]):
                self.found[at] = waiting.pop()
                self._taken.add(self.found[at])


def _may_be_one(new: Device, old: Device) -> bool:
    """Whether the aliases do not say that they are two."""
    return not (new.alias and old.alias and new.alias != old.alias)


def _unnamed(key: Key) -> Key:
    """The key of devices that have no name of their own."""
    names = (_mac, _source, _target, _name)
    return lambda device: None if any(name(device) is not None for name in names) else key(device)


def _with(key: Key, more: Key) -> Key:
    """The key together with another one, for a name that several devices have."""
    return lambda device: None if (value := key(device)) is None else (value, more(device))


def _alias(device: Device) -> Hashable:
    bus = device.bus if isinstance(device, Disk) else None
    return (device.alias, bus) if device.alias else None


def _mac(device: Device) -> Hashable:
    return device.mac.lower() if isinstance(device, Interface) and device.mac else None


def _source(device: Device) -> Hashable:
    if not isinstance(device, Interface | Hostdev) or device.source is None:
        return None
    source = device.source
    return source.uuid or source.key or (str(source.pci) if source.pci else None)


def _target(device: Device) -> Hashable:
    """The target; a disk on another bus is another disk."""
    if isinstance(device, Disk):
        return (device.target, device.bus) if device.target else None
    return device.target if isinstance(device, Filesystem) else None


def _name(device: Device) -> Hashable:
    if isinstance(device, Shmem):
        return device.name
    return (device.target_type, device.name) if isinstance(device, Channel) and device.name else None


def _port(device: Device) -> Hashable:
    if not isinstance(device, CharacterDevice) or device.port is None:
        return None
    return device.target_type, device.model, device.port


def _controller_with_model(device: Device) -> Hashable:
    if not isinstance(device, Controller) or device.index is None:
        return None
    return device.type, device.index, device.model, device.master_startport


def _controller(device: Device) -> Hashable:
    """Type and index; a controller of a USB 2 set is no other controller."""
    if not isinstance(device, Controller) or device.index is None:
        return None
    return device.type, device.index, device.model if device.model in USB2_MODELS else None


def _traits(device: Device) -> Hashable:
    """Everything that tells devices of a kind apart, but for the index of a controller."""
    names = (name for name in device.__struct_fields__ if name not in _NO_TRAITS)
    return tuple([(name, getattr(device, name)) for name in names])


def _place(device: Device) -> Hashable:
    return (_model(device), str(device.address)) if device.address is not None else None


def _model(device: Device) -> Hashable:
    return tuple([getattr(device, name, None) for name in _MODEL])


def _single(device: Device) -> Hashable:
    """The kind; a device that never has an address is none of those that have one."""
    return (device.kind, _addressless(device)) if device.kind in _SINGLE else None


def _addressless(device: Device) -> bool:
    row = KIND_OF[type(device)]
    return row.addresses.get(getattr(device, row.addresses_by) or UNSET) == "none"
