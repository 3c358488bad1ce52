"""Words and number syntaxes that several elements share."""

from __future__ import annotations

import re

from devaddr_xml.domxml.values import any_radix, decimal, limited

ON_OFF = ("on", "off")
YES_NO = ("yes", "no")
VIRTIO_MODELS = ("virtio", "virtio-transitional", "virtio-non-transitional")
STARTUP_POLICIES = ("mandatory", "requisite", "optional")

positive = limited(decimal, 1, 0xFFFFFFFF)
count = limited(decimal, 0, 0xFFFFFFFF)
one_head = limited(decimal, 0, 1)
radix = limited(any_radix, 0, 0xFFFFFFFF)
wide = limited(any_radix, 0, 0xFFFFFFFFFFFFFFFF)
radix_positive = limited(any_radix, 1, 0xFFFFFFFF)

_INT = 0x7FFFFFFF


def signed(text: str) -> int:
    """A decimal number of 32 bits with its sign."""
    digits = text.lstrip(" \t\r\n")
    try:
        if digits.startswith("-"):
            return -decimal(digits[1:], 0, _INT + 1)
        return decimal(digits, 0, _INT)
    except ValueError:
        raise ValueError("a whole number") from None


def signed_radix(text: str) -> int:
    """A number of 32 bits with its sign, 0x for hexadecimal."""
    return any_radix(text.lstrip(" \t\r\n").removeprefix("-"), 0, _INT)


def uuid(text: str) -> str:
    """A UUID."""
    if not text or re.fullmatch(r"\s*(?:[0-9a-fA-F]{2}-?){15}[0-9a-fA-F]{2}\s*", text):
        return text
    raise ValueError("a UUID such as 4dea22b3-1d52-d8f3-2516-782e98ab3fa0")


def world_wide_name(text: str) -> str:
    """The world wide name of a disk."""
    if re.fullmatch(r"(?:0[xX])?[0-9a-fA-F]{16}", text) or not text:
        return text
    raise ValueError("a world wide name: 16 hexadecimal digits")


def world_wide_port_name(text: str) -> str:
    """The world wide port name of a vhost SCSI target."""
    if re.fullmatch(r"naa\.[0-9a-fA-F]{16}", text):
        return text
    raise ValueError("a world wide port name: naa. and 16 hexadecimal digits")


def unicast(text: str) -> str:
    """The MAC address of one interface; what is no MAC address at all is refused where it is read."""
    first = text.strip().partition(":")[0]
    if re.fullmatch(r"[0-9a-fA-F]{1,2}", first) and int(first, 16) & 1:
        raise ValueError("the MAC address of one interface, whose first byte is even, such as 52:54:00:12:34:56")
    return text


def model_name(text: str) -> str:
    """The name of a model of interface, which becomes the name of a QEMU device."""
    if re.fullmatch(r"[A-Za-z0-9_-]*", text):
        return text
    raise ValueError("made only of letters, digits, - and _")


def serial_number(text: str) -> str:
    """The serial number of a disk."""
    if re.fullmatch(r"[A-Za-z0-9 +()._-]*", text):
        return text
    raise ValueError("made only of letters, digits, spaces and +()._-")


def context_id(text: str) -> str:
    """The context id of a guest's vsock."""
    if radix(text) >= 3:
        return text
    raise ValueError("3 or more: lower numbers are reserved")


def something(text: str) -> str:
    """Any text that is not empty."""
    if text:
        return text
    raise ValueError("a name")
