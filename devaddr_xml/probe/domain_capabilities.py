"""What libvirt's domain capabilities say of QEMU's abilities, and what they leave open."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree


class _Told(NamedTuple):
    """A value whose presence in an enumeration of the document means that QEMU has the ability ``flag``."""

    element: str
    enumeration: str
    value: str
    flag: str


_ENUMERATED = (
    _Told("video", "modelType", "vga", "VGA"),
    _Told("video", "modelType", "cirrus", "cirrus-vga"),
    _Told("video", "modelType", "vmvga", "vmware-svga"),
    _Told("video", "modelType", "qxl", "qxl"),
    _Told("video", "modelType", "virtio", "virtio-gpu"),
    _Told("video", "modelType", "bochs", "bochs-display"),
    _Told("video", "modelType", "ramfb", "ramfb"),
    _Told("disk", "bus", "usb", "usb-storage"),
    _Told("disk", "model", "virtio-non-transitional", "virtio-pci-non-transitional"),
    _Told("hostdev", "subsysType", "pci", "vfio-pci"),
    _Told("rng", "model", "virtio", "virtio-rng"),
    _Told("tpm", "model", "tpm-crb", "tpm-crb"),
    _Told("tpm", "model", "tpm-spapr", "tpm-spapr"),
    _Told("tpm", "model", "spapr-tpm-proxy", "spapr-tpm-proxy"),
    _Told("redirdev", "bus", "usb", "usb-redir"),
    _Told("crypto", "model", "virtio", "virtio-crypto"),
    _Told("panic", "model", "isa", "pvpanic"),
    _Told("panic", "model", "pvpanic", "pvpanic-pci"),
)

#: Features of the document that say yes or no, and the ability that this shows.
_FEATURES = {"ps2": "machine-i8042-opt"}


def told_flags(document: etree._Element, known: frozenset[str]) -> frozenset[str]:
    """The abilities ``known`` beforehand, corrected by everything that the domain capabilities say."""
    flags = set(known)
    for told in _ENUMERATED:
        values = _values(document, told)
        if values is not None:
            _set(flags, told.flag, told.value in values)
    for name, flag in _FEATURES.items():
        feature = document.find(f"features/{name}")
        if feature is not None:
            _set(flags, flag, feature.get("supported") == "yes")
    return frozenset(flags)


def _values(document: etree._Element, told: _Told) -> frozenset[str | None] | None:
    """The values of an enumeration; empty if the device is not supported, None if the document does not speak of it."""
    element = document.find(f"devices/{told.element}")
    if element is None:
        return None
    if element.get("supported") == "no":
        return frozenset()
    enumeration = element.find(f"enum[@name='{told.enumeration}']")
    return None if enumeration is None else frozenset(value.text for value in enumeration)


def _set(flags: set[str], flag: str, there: bool) -> None:
    if there:
        flags.add(flag)
    else:
        flags.discard(flag)
