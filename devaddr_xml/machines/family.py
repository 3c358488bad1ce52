"""The one table of machine families: which row a machine type of an architecture belongs to."""

from __future__ import annotations

from functools import lru_cache

from msgspec.structs import replace

from devaddr_xml.machines import arm, loongarch, other, ppc, riscv, s390x, x86
from devaddr_xml.machines.machine import Choice, Machine, Row, UsbSet, first_possible

__all__ = ["ROWS", "Choice", "Machine", "UsbSet", "first_possible", "machine_of"]

#: Every row, by architecture; the first that fits counts.
ROWS: dict[str, tuple[Row, ...]] = {}
for _row in (*x86.ROWS, *arm.ROWS, *ppc.ROWS, *s390x.ROWS, *riscv.ROWS, *loongarch.ROWS, *other.ROWS):
    for _architecture in sorted(_row.architectures):
        ROWS[_architecture] = (*ROWS.get(_architecture, ()), _row)


@lru_cache(maxsize=256)
def machine_of(arch: str, name: str) -> Machine:
    """The machine type ``name`` of architecture ``arch`` (both as in ``os/type``), with its family's traits.

    Any pair of words is a machine: what no row knows has no PCI root and brings no device.
    """
    traits = next((row.traits for row in ROWS.get(arch, ()) if row.fits(name)), other.UNKNOWN)
    return replace(traits, arch=arch, name=name, builtin_ide=traits.builtin_ide or name in other.BUILTIN_IDE)


def titles_of(device: str) -> str | None:
    """How a message calls the machines that have a device, as in ``Machine.has``; unset where every machine does."""
    titles: dict[str, None] = {}
    for rows in ROWS.values():
        having = [row.traits.title for row in rows if device in row.traits.has]
        titles |= dict.fromkeys(having[-1:] if len(having) == len(rows) else having)
    return " and ".join(titles) or None
