"""Names of a device: a label for messages, and the references that a hint can use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from devaddr_xml.model.address import PciAddress
from devaddr_xml.model.device import Controller, Device, Disk, Filesystem, Hostdev, Interface
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.nearest import nearest


def label(device: Device) -> str:
    """A short name of the device for messages, such as ``disk vda`` or ``controller pci.3``."""
    if isinstance(device, Controller):
        index = "?" if device.index is None else device.index
        return f"controller {device.type}.{index}" + (f" ({device.model})" if device.model else "")
    name = device.alias or own_name(device) or usb_name(device) or device.model
    return f"{device.kind} {name}" if name else device.kind


def own_name(device: Device) -> str | None:
    """What identifies the device without an alias: MAC, target, host address, mdev UUID or TYPE.INDEX; or None."""
    if isinstance(device, Interface):
        return device.mac or (str(device.source.pci) if device.source and device.source.pci else None)
    if isinstance(device, Disk | Filesystem):
        return device.target
    if isinstance(device, Hostdev) and device.source:
        return str(device.source.pci) if device.source.pci else device.source.uuid
    if isinstance(device, Controller) and device.index is not None:
        return f"{device.type}.{device.index}"
    return None


def usb_name(device: Device) -> str | None:
    """A USB device of the host as lsusb names it: vendor and product, such as 046d:c52b, else bus and device."""
    if not isinstance(device, Hostdev) or device.type != "usb" or not device.source or not device.source.key:
        return None
    parts = {name: value for name, _, value in (word.partition("=") for word in device.source.key.split())}
    numbers = [parts.get("vendor-id", ""), parts.get("product-id", "")]
    if all(number.isascii() and number.isdigit() and len(number) < 6 for number in numbers):
        return ":".join(f"{int(number):04x}" for number in numbers)
    if "address-bus" not in parts:
        return None
    which = f"device {parts['address-device']}" if "address-device" in parts else f"port {parts.get('address-port')}"
    return f"bus {parts['address-bus']} {which}"


def reference_forms(device: Device, number: int) -> tuple[str, ...]:
    """Every reference that names the device, best first; ``number`` is its place among its kind, from 1.

    The forms are those of the hint vocabulary: user alias, MAC address, disk target or filesystem target directory,
    host PCI address, mdev UUID, controller ``TYPE.INDEX``, and ``TAG[N]``.
    """
    forms = [device.alias] if device.alias else []
    if own := own_name(device):
        forms.append(own)
    if isinstance(device, Interface) and device.source and device.source.pci:
        forms.append(str(device.source.pci))
    forms.append(f"{device.kind}[{number}]")
    return tuple(dict.fromkeys(forms))


def references(devices: Iterable[Device]) -> dict[str, list[Device]]:
    """Every reference, as ``reference_key`` spells it, with the devices that it names, in document order."""
    table: dict[str, list[Device]] = {}
    for device, forms in _numbered(devices):
        for form in forms:
            named = table.setdefault(reference_key(form), [])
            if not named or named[-1] is not device:
                named.append(device)
    return table


def every_reference(devices: Iterable[Device]) -> dict[int, tuple[str, ...]]:
    """For each device, by ``id()``, every reference form that it has, best first."""
    return {id(device): forms for device, forms in _numbered(devices)}


def only_one(table: Mapping[str, Sequence[Device]], ref: str) -> Device | None:
    """The device that a reference names in a table of ``references``; None for a selector, or if it names no or several
    devices."""
    found = table.get(reference_key(ref), ())
    return found[0] if len(found) == 1 else None


def preferred_references(devices: Iterable[Device]) -> dict[int, str]:
    """For each device, by ``id()``, its first reference form that names no other device."""
    numbered = list(_numbered(devices))
    bearers: dict[str, int] = {}
    for _, forms in numbered:
        for form in forms:
            key = reference_key(form)
            bearers[key] = bearers.get(key, 0) + 1
    return {
        id(device): next((form for form in forms if bearers[reference_key(form)] == 1), forms[-1])
        for device, forms in numbered
    }


def reference_key(ref: str) -> str:
    """The reference for comparison: MAC addresses, host PCI addresses and UUIDs in lower case."""
    if ":" not in ref and len(ref) != _UUID_LENGTH:
        return ref
    return ref.lower() if _HEXADECIMAL.issuperset(ref) else ref


_UUID_LENGTH = 36
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF:-.")


def _numbered(devices: Iterable[Device]) -> Iterator[tuple[Device, tuple[str, ...]]]:
    """Each device with its reference forms."""
    counts: dict[str, int] = {}
    for device in devices:
        counts[device.kind] = number = counts.get(device.kind, 0) + 1
        yield device, reference_forms(device, number)


#: So many devices are named for a word that means several.
_FEW = 8
_PLACE = r"(?:[0-9a-fA-F]{1,4}:)?[0-9a-fA-F]{1,2}:[0-9a-fA-F]{1,2}\.[0-7]"


def unknown_device(devices: Sequence[Device], ref: str, found: Sequence[Device]) -> ValueInvalid:
    """The error for a reference that names no device, or several devices (``found``)."""
    names = preferred_references(devices)
    if found:
        listed = ", ".join(names[id(device)] for device in found)
        return ValueInvalid(f"'{ref}' names {len(found)} devices", remedy=f"Say which: {listed}")
    meant = [names[id(device)] for device in devices if is_called(device, ref)]
    if meant:
        return ValueInvalid(f"'{ref}' is no reference", remedy=f'Did you mean "{", ".join(meant[:_FEW])}"?')
    known = [*names.values(), *{device.kind for device in devices}]
    near = None if re.fullmatch(_PLACE, ref) else nearest(ref, known)
    remedy = f'Did you mean "{near}"?' if near else f"There is {', '.join(names.values())}"
    return ValueInvalid(f"'{ref}' names no device", remedy=remedy)


def is_called(device: Device, words: str) -> bool:
    """Whether the words are its element, its label, or its PCI address, with the domain or without."""
    if words in (device.kind, label(device), label(device).partition(" (")[0]):
        return True
    address = device.address
    if not isinstance(address, PciAddress) or address.empty:
        return False
    return words.lower() in (str(address), str(address).partition(":")[2])


def buses_named(numbers: Sequence[int]) -> str:
    """PCI buses by their numbers, ascending, with ranges: ``buses 1-3, 7``."""
    parts: list[str] = []
    start = previous = numbers[0]
    for number in [*numbers[1:], -1]:
        if number == previous + 1:
            previous = number
            continue
        parts.append(f"{start}-{previous}" if previous > start else str(start))
        start = previous = number
    return f"{'bus' if len(numbers) == 1 else 'buses'} {', '.join(parts)}"
