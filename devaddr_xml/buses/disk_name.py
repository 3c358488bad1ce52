"""Disk target names: the number that a name such as ``sdab`` stands for."""

from __future__ import annotations

import re
from functools import lru_cache

#: Prefixes of target names, in the order in which they are tried, and the bus that each implies.
PREFIX_BUS = {"fd": None, "hd": "ide", "vd": "virtio", "sd": "scsi", "xvd": "xen", "ubd": "uml"}

_DIGITS = "0123456789"
_LARGEST = 2**31 - 1
_BEFORE_A = ord("a") - 1


def split_name(target: str) -> tuple[str, str, str] | None:
    """The prefix, letters and partition digits of a target name; None if it does not have that form."""
    prefix = next(filter(target.startswith, PREFIX_BUS), None)
    if prefix is None:
        return None
    named = target.rstrip(_DIGITS)
    letters = named[len(prefix) :]
    is_name = letters.isascii() and letters.isalpha() and letters.islower()
    return (prefix, letters, target[len(named) :]) if is_name else None


_NVME = r"nvme([0-9]{1,9})n([0-9]{1,9})"

#: The bus of disks that are named after a controller and a namespace of it.
NVME = "nvme"


def nvme_place(target: str | None) -> tuple[int, int] | None:
    """The controller, and the namespace from 1, of a name such as ``nvme0n1``; None if it does not have that form."""
    found = re.fullmatch(_NVME, target or "")
    return None if found is None else (int(found[1]), int(found[2]))


@lru_cache(maxsize=1024)
def disk_number(target: str | None) -> int | None:
    """The number of a target name, from 0: ``vda`` is 0, ``vdz`` 25, ``vdaa`` 26; None if it has no number.

    Partition digits do not count. A name with a number above 2147483647 has no number.
    """
    parts = split_name(target) if target else None
    if parts is None:
        return None
    number = 0
    for letter in parts[1]:
        number = number * 26 + ord(letter) - _BEFORE_A
        if number > _LARGEST + 1:
            return None
    return number - 1
