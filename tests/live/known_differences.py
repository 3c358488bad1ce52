"""Where libvirt 9.0.0 lays a domain out in another way than libvirt 11.3.0, and why; nothing else may differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

Lines = list[str]


class KnownDifference(NamedTuple):
    """A difference: its name, the reason in one line, and what it leaves unexplained of the lines of a comparison."""

    name: str
    reason: str
    unexplained: Callable[[Lines], Lines]


def _chipset_watchdog(lines: Lines) -> Lines:
    return _without(lines, lambda line: line.startswith("- watchdog @model=itco"))


def _console_ports(lines: Lines) -> Lines:
    return _without(lines, lambda line: line[2:].startswith("console ") and "target/@type=virtio" in line)


def _implied_inputs(lines: Lines) -> Lines:
    return _without(lines, lambda line: re.fullmatch(r"- input @type=(keyboard|mouse) @bus=ps2 nowhere", line))


def _ports_for_inputs(lines: Lines) -> Lines:
    return _without(lines, lambda line: re.fullmatch(r"\+ input @type=(keyboard|mouse) @bus=ps2 nowhere", line))


def _usb_order(lines: Lines) -> Lines:
    mine = [line for line in lines if re.search(r" usb \d+:[\d.]+$", line)]
    explained = _same_devices(mine) and any("sound @model=usb" in line or "=usb-serial " in line for line in mine)
    return [line for line in lines if line not in mine] if explained else lines


def _controller_order(lines: Lines) -> Lines:
    mine = [line for line in lines if line[2:].startswith("controller ") and re.search(r" (pci \S+|ccw \S+)$", line)]
    mine = [line for line in mine if not line[2:].startswith("controller pci ")]
    kinds = {line.split()[2] for line in mine}
    explained = _same_devices(mine) and len(kinds) > 1 and kinds & {"scsi", "sata", "virtio-serial"}
    return [line for line in lines if line not in mine] if explained else lines


def _crypto(lines: Lines) -> Lines:
    return [] if any(line.startswith("- crypto ") for line in lines) else lines


#: Fixtures of which this QEMU or this libvirt does not have the machine, with what libvirt says.
UNAVAILABLE = {
    "loongarch64-desktop": "Unknown architecture",
    "xenfv-migrated": "does not support machine type 'xenfv'",
}

#: Fixtures that only newer libvirt accepts without addresses, with what this one says.
NOT_YET_LAID_OUT = {"armv7l-versatile-board": "No PCI buses available"}

KNOWN = (
    KnownDifference(
        "iTCO watchdog",
        "libvirt implies the watchdog of the q35 chipset since 9.1; 9.0 refuses it as an unknown model",
        _chipset_watchdog,
    ),
    KnownDifference(
        "console ports",
        "9.0 numbers a virtio console before it puts the alias of the serial port in front of it, 11.3 afterwards",
        _console_ports,
    ),
    KnownDifference(
        "implied PS/2 inputs",
        "9.0 knows the bus of an input that names none while it reads it, so a keyboard or mouse without a bus counts",
        _implied_inputs,
    ),
    KnownDifference(
        "PS/2 ports",
        "9.0 takes every x86 machine to have PS/2 ports, and knows no feature to leave them out",
        _ports_for_inputs,
    ),
    KnownDifference(
        "order of USB ports", "9.0 gives USB sound cards and serials their ports after the other devices", _usb_order
    ),
    KnownDifference(
        "order of added controllers",
        "9.0 lists controllers that disks and channels bring after all given ones, 11.3 beside those of their type",
        _controller_order,
    ),
    KnownDifference("crypto devices", "9.0.0 does not know the element and drops it", _crypto),
)


def unexplained(lines: Iterable[str]) -> Lines:
    """What no known difference explains of a comparison of two domains."""
    rest = list(lines)
    for known in KNOWN:
        rest = known.unexplained(rest)
    return rest


def explanations(lines: Lines) -> list[str]:
    """The names of the known differences that explain any of the lines."""
    return [known.name for known in KNOWN if known.unexplained(lines) != lines]


def _without(lines: Lines, matches: Callable[[str], object]) -> Lines:
    return [line for line in lines if not matches(line)]


def _same_devices(lines: Lines) -> bool:
    """Whether both sides have the same devices in the same number of places, only exchanged."""
    sides: dict[str, Counter[str]] = {"-": Counter(), "+": Counter()}
    for line in lines:
        sides[line[0]][re.sub(r" (usb|pci|ccw) \S+$", "", line[2:])] += 1
    return sides["-"] == sides["+"] and bool(sides["-"])
