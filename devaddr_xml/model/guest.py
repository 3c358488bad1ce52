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

#: The name of the JSON Schema; it need not be an address that answers.
SCHEMA_ID = "urn:devaddr-xml:guest:1"


class NumaCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """A guest NUMA cell: id from 0, memory in KiB, cpus the vCPU numbers in it."""

    id: int
    memory: int = 0
    cpus: tuple[int, ...] = ()


class MemNode(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """``numatune/memnode``: guest cell and the host NUMA nodes that its memory comes from."""

    cell: int
    nodes: tuple[int, ...]


class VcpuPin(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """``cputune/vcpupin``: a vCPU and the host CPUs on which it runs."""

    vcpu: int
    cpus: tuple[int, ...]


# JSON leaves out what is as by default, and knows an empty tuple as that by its identity. In Python 3.10 a tuple made
# of a generator is another one, so those in here are made of lists.
class Guest(msgspec.Struct, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """What the engine is given and what it returns.

    arch, machine: as in ``os/type``; emulator: path of the QEMU binary. memory, max_memory in KiB; memory_slots:
    slots for memory devices. vcpus: the most that the guest can have. ps2: the ``ps2`` feature, if it is stated.
    phys_bits: physical address bits of the guest CPU, if they are stated; host_phys_bits: whether they are the host's.
    host_cpu: whether the CPU itself is the host's. uefi: whether the firmware is UEFI, as far as the domain says it.
    devices: every device and controller, in document order; what the engine adds comes last, except for a console that
    repeats the first serial port, which comes before other consoles. foreign: devices that QEMU is given directly.
    doubts: what reading the guest gave reason to warn of; a plan hands it on among its warnings.
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

        Raises ValueInvalid when it does not fit the schema, HintError when it is the policy or a hint that does not.
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
    """Raise HintError, in the words of the hint vocabulary, if it is a hint that makes the guest invalid."""
    from devaddr_xml.model.policy_json import check_guest

    try:
        raw = msgspec.json.decode(text)
    except MALFORMED:
        return
    check_guest(raw)


def _nearest_name(text: str | bytes) -> str | None:
    """A remedy for the first name in the guest, or in a device, that is not one of theirs."""
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
