"""A whole guest: machine, memory, NUMA cells, devices and policy."""

from __future__ import annotations

from typing import get_args

import msgspec

from devaddr_xml.model.device import AnyDevice
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.foreign import ForeignDevice
from devaddr_xml.model.malformed import MALFORMED
from devaddr_xml.model.notice import Notice
from devaddr_xml.model.policy import Policy

#: The name of the JSON Schema. It is an identifier, not an address to open.
SCHEMA_ID = "urn:devaddr-xml:guest:1"


class NumaCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """A guest NUMA cell: id from 0, memory in KiB, cpus the vCPU numbers in it."""

    id: int
    memory: int = 0
    cpus: tuple[int, ...] = ()


class MemNode(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """``numatune/memnode``: a guest cell, and the host NUMA nodes from which its memory comes."""

    cell: int
    nodes: tuple[int, ...]


class VcpuPin(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """``cputune/vcpupin``: a vCPU and the host CPUs on which it runs."""

    vcpu: int
    cpus: tuple[int, ...]


# JSON leaves out default values, and recognizes an empty tuple by its identity. In Python 3.10 an empty tuple made from
# a generator is another object, so the tuples here are made from lists.
class Guest(msgspec.Struct, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """A guest: the input and the output of the engine.

    arch, machine: as in ``os/type``; emulator: path of the QEMU binary. memory, max_memory in KiB; memory_slots:
    slots for memory devices. vcpus: the largest number that the guest can have. ps2: the ``ps2`` feature, if the domain
    states it. phys_bits: the physical address bits of the guest CPU, if the domain states them; host_phys_bits: whether
    they are the host's. host_cpu: whether the CPU is the host's. uefi: whether the firmware is UEFI, if the domain says
    so.
    devices: every device and controller, in document order; what the engine adds comes last, except for a console that
    repeats the first serial port, which comes before other consoles. foreign: devices that the document gives to QEMU
    directly. doubts: warnings from reading the document; a plan includes them in its warnings.
    """

    name: str | None = None
    virt_type: str = "kvm"
    os_type: str = "hvm"
    arch: str | None = None
    machine: str | None = None
    emulator: str | None = None
    memory: int | None = None
    max_memory: int | None = None
    memory_slots: int = 0
    vcpus: int = 1
    acpi: bool = False
    phys_bits: int | None = None
    host_phys_bits: bool = False
    host_cpu: bool = False
    uefi: bool = False
    ps2: bool | None = None
    cells: tuple[NumaCell, ...] = ()
    memnodes: tuple[MemNode, ...] = ()
    vcpu_pins: tuple[VcpuPin, ...] = ()
    devices: list[AnyDevice] = []
    policy: Policy | None = None
    foreign: tuple[ForeignDevice, ...] = ()
    doubts: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return f"Guest({self.name or 'unnamed'}: {self.arch} {self.machine}, {len(self.devices)} devices)"

    @classmethod
    def from_json(cls, text: str | bytes) -> Guest:
        """Read a guest from JSON.

        Raises ValueInvalid if the text does not fit the schema, HintError if its policy or a hint in it does not.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except MALFORMED as error:
            _refuse_hints(text)
            raise ValueInvalid(f"the guest is not valid JSON: {error}", remedy=_nearest_name(text)) from error

    def to_json(self) -> str:
        """The guest as JSON."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def json_schema() -> dict[str, object]:
        """The JSON Schema of a guest."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": SCHEMA_ID,
            **msgspec.json.schema(Guest),
        }


def _refuse_hints(text: str | bytes) -> None:
    """Raise HintError, with the names of the hint vocabulary, if a hint makes the guest invalid."""
    from devaddr_xml.model.policy_json import check_guest

    try:
        raw = msgspec.json.decode(text)
    except MALFORMED:
        return
    check_guest(raw)


def _nearest_name(text: str | bytes) -> str | None:
    """A remedy for the first unknown name in the guest or in a device."""
    from devaddr_xml.model.validate import suggestion

    try:
        raw = msgspec.json.decode(text)
    except MALFORMED:
        return None
    if not isinstance(raw, dict):
        return "A guest is an object, such as devaddr-xml model prints"
    known = [field.encode_name for field in msgspec.structs.fields(Guest)]
    unknown = next((str(name) for name in raw if name not in known), None)
    if unknown is not None:
        return suggestion(unknown, known)
    classes = {kind.__struct_config__.tag: kind for kind in get_args(AnyDevice)}
    devices = raw.get("devices")
    for device in devices if isinstance(devices, list) else ():
        kind = classes.get(str(device.get("kind"))) if isinstance(device, dict) else None
        if kind is not None:
            names = ["kind", *(field.encode_name for field in msgspec.structs.fields(kind))]
            unknown = next((str(name) for name in device if name not in names), None)
            if unknown is not None:
                return suggestion(unknown, names)
    return None
