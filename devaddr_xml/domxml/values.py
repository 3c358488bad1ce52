"""How the values of a domain XML are written: numbers in three syntaxes, sizes with units, sets of CPUs, switches.

Each reading function takes the text and raises ValueError with what was expected, for the caller to add where.
"""

from __future__ import annotations

from collections.abc import Callable

UINT32 = 0xFFFFFFFF
#: libvirt's largest CPU and node sets have this many members.
MAX_SET = 16384
#: The most numbers that a set can name, those that it names again and again counted each time.
_MOST_NAMED = 4 * MAX_SET

_DECIMAL = frozenset("0123456789")
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
_OCTAL = frozenset("01234567")
#: The numbers of addresses as libvirt prints them, which most documents hold by the hundred.
_USUAL = {f"0x{number:x}": number for number in range(16)} | {f"0x{number:02x}": number for number in range(256)}
_USUAL["0x0000"] = 0


def decimal(text: str, low: int = 0, high: int = UINT32) -> int:
    """A decimal number."""
    digits = text.lstrip(" \t\r\n").removeprefix("+")
    if digits and len(digits) <= 20 and _DECIMAL.issuperset(digits) and low <= (value := int(digits)) <= high:
        return value
    raise ValueError(f"a whole number from {low} to {high}")


def hexadecimal(text: str, low: int = 0, high: int = UINT32) -> int:
    """A base 16 number, with or without 0x."""
    digits = text.lstrip(" \t\r\n").removeprefix("+")
    if digits[:2] in ("0x", "0X"):
        digits = digits[2:]
    if digits and len(digits) <= 20 and _HEXADECIMAL.issuperset(digits) and low <= (value := int(digits, 16)) <= high:
        return value
    raise ValueError(f"a hexadecimal number from 0x{low:x} to 0x{high:x}")


def any_radix(text: str, low: int = 0, high: int = UINT32) -> int:
    """A number as C writes it: 0x for hexadecimal, a leading 0 for octal, else decimal."""
    usual = _USUAL.get(text)
    if usual is not None and low <= usual <= high:
        return usual
    digits = text.lstrip(" \t\r\n").removeprefix("+")
    base, allowed = 10, _DECIMAL
    if digits[:2] in ("0x", "0X"):
        digits, base, allowed = digits[2:], 16, _HEXADECIMAL
    elif digits[:1] == "0" and len(digits) > 1:
        base, allowed = 8, _OCTAL
    if digits and len(digits) <= 24 and allowed.issuperset(digits) and low <= (value := int(digits, base)) <= high:
        return value
    raise ValueError(f"a number from {low} to {high} (0x for hexadecimal)")


def limited(syntax: Callable[[str, int, int], int], low: int, high: int) -> Callable[[str], int]:
    """A reading function for numbers of one syntax within limits."""
    return lambda text: syntax(text, low, high)


def on_off(text: str) -> bool:
    """A switch."""
    if text in ("on", "off"):
        return text == "on"
    raise ValueError("on or off")


def yes_no(text: str) -> bool:
    """A switch that says yes or no."""
    if text in ("yes", "no"):
        return text == "yes"
    raise ValueError("yes or no")


def mac_address(text: str) -> str:
    """A MAC address in the usual spelling: two lower-case digits for each of its six bytes."""
    parts = text.strip(" \t\r\n").split(":")
    if len(parts) == 6 and all(0 < len(part) <= 2 and _HEXADECIMAL.issuperset(part) for part in parts):
        return ":".join([part.rjust(2, "0") for part in parts]).lower()
    raise ValueError("a MAC address such as 52:54:00:12:34:56")


_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4, "p": 5, "e": 6}


def kibibytes(text: str, unit: str | None) -> int:
    """A size in KiB, rounded up, as libvirt scales it (formatdomain: memory); without unit it is KiB already."""
    amount = decimal(text.strip(" \t\r\n"), 0, 0xFFFFFFFFFFFFFFFF)
    word = (unit or "KiB").lower()
    if word in ("b", "byte", "bytes"):
        factor = 1
    elif word[0] in _POWERS and word[1:] in ("", "b", "ib"):
        factor = (1000 if word[1:] == "b" else 1024) ** _POWERS[word[0]]
    else:
        raise ValueError("a size in b, KB, KiB, MB, MiB, GB, GiB, TB, TiB, PB, PiB, EB or EiB")
    if amount * factor > 0xFFFFFFFFFFFFFFFF:
        raise ValueError("a size below 16 EiB")
    return -(-amount * factor // 1024)


def number_set(text: str) -> tuple[int, ...]:
    """A set of CPUs or nodes such as ``0-3,^2,8``."""
    members: set[int] = set()
    named = 0
    for part in text.split(","):
        word = part.strip(" \t\r\n")
        try:
            if word.startswith("^"):
                members.discard(decimal(word[1:], 0, MAX_SET - 1))
                continue
            first, dash, last = word.partition("-")
            low = decimal(first.strip(" \t\r\n"), 0, MAX_SET - 1)
            high = decimal(last.strip(" \t\r\n"), low, MAX_SET - 1) if dash else low
        except ValueError:
            raise ValueError(f"a set such as 0-3,^2,8 with members below {MAX_SET}") from None
        named += high - low + 1
        if named > _MOST_NAMED:
            raise ValueError("a set that does not repeat its members")
        members.update(range(low, high + 1))
    return tuple(sorted(members))
