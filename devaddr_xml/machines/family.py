"""The one table of machine families: which row a machine type of an architecture belongs to."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from msgspec.structs import replace

from devaddr_xml.machines import other
from devaddr_xml.machines.machine import Choice, Machine, Row, UsbSet, first_possible

__all__ = ["Choice", "Machine", "UsbSet", "first_possible", "machine_of"]

#: The files of the rows, in this folder; those of an architecture are all in one file.
FILES = ("x86", "arm", "ppc", "s390x", "riscv", "loongarch", "other")


@lru_cache(maxsize=64)
def rows_of(arch: str) -> tuple[Row, ...]:
    """The rows of an architecture, the first that fits counts; files are imported until one has the architecture."""
    for file in FILES:
        rows = tuple([row for row in _rows_in(file) if arch in row.architectures])
        if rows:
            return rows
    return ()


def _rows_in(file: str) -> tuple[Row, ...]:
    rows: tuple[Row, ...] = import_module(f"devaddr_xml.machines.{file}").ROWS
    return rows


@lru_cache(maxsize=1)
def every_row() -> dict[str, tuple[Row, ...]]:
    """Every row, by architecture."""
    rows = [row for file in FILES for row in _rows_in(file)]
    return {arch: rows_of(arch) for row in rows for arch in sorted(row.architectures)}


@lru_cache(maxsize=256)
def machine_of(arch: str, name: str) -> Machine:
    """The machine type ``name`` of architecture ``arch`` (both as in ``os/type``), with its family's traits.

    Any pair of words is a machine: what no row knows has no PCI root and brings no device.
    """
    traits = next((row.traits for row in rows_of(arch) if row.fits(name)), other.UNKNOWN)
    return replace(traits, arch=arch, name=name, builtin_ide=traits.builtin_ide or name in other.BUILTIN_IDE)


def titles_of(device: str) -> str | None:
    """How a message calls the machines that have a device, as in ``Machine.has``; unset where every machine does."""
    titles: dict[str, None] = {}
    for rows in every_row().values():
        having = [row.traits.title for row in rows if device in row.traits.has]
        titles |= dict.fromkeys(having[-1:] if len(having) == len(rows) else having)
    return " and ".join(titles) or None
