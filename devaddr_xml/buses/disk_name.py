"""Disk target names: the number that a name such as ``sdab`` stands for."""

from __future__ import annotations

#: Beginnings of target names, in the order in which they are tried, and the bus of a disk that names none.
PREFIX_BUS = {"fd": None, "hd": "ide", "vd": "virtio", "sd": "scsi", "xvd": "xen", "ubd": "uml"}

_LARGEST = 2**31 - 1


def split_name(target: str) -> tuple[str, str, str] | None:
    """The prefix, letters and partition digits of a target name; none if it is not of that form."""
    for prefix in PREFIX_BUS:
        if target.startswith(prefix):
            rest = target[len(prefix) :]
            letters = rest.rstrip("0123456789")
            if letters and letters.isascii() and letters.isalpha() and letters.islower():
                return prefix, letters, rest[len(letters) :]
            return None
    return None


def disk_number(target: str | None) -> int | None:
    """The number of a target name, from 0: ``vda`` is 0, ``vdz`` 25, ``vdaa`` 26; none if it has no number.

    Partition digits do not count. Names whose number is above 2147483647 have none.
    """
    parts = split_name(target) if target else None
    if parts is None:
        return None
    number = 0
    for letter in parts[1]:
        number = number * 26 + ord(letter) - ord("a") + 1
        if number - 1 > _LARGEST:
            return None
    return number - 1
