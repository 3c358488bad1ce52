"""A layout without its document: the place of every device and controller of a guest, for use with another document."""

from __future__ import annotations

from copy import copy
from typing import TypeVar

import msgspec

from devaddr_xml.model.device import AnyDevice, Controller, Device, Disk, Parallel, Serial
from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.malformed import MALFORMED
from devaddr_xml.model.naming import preferred_references
from devaddr_xml.model.policy import LAYOUT_VERSION

#: The value of the member ``schema`` of a lock file.
LOCK_SCHEMA = "urn:devaddr-xml:lock"
#: The version of the format of lock files.
LOCK_VERSION = 1

_Kept = TypeVar("_Kept", bound=Device)
_RENEW = "Write it anew with assign --lock"


class Lock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab", forbid_unknown_fields=True):
    """The layout of a guest: what identifies each device, and where it is.

    arch, machine: of the guest, where they are known. devices, controllers: by the reference that a hint would use, in
    document order. used: as in `Policy`.
    layout_version: of the layout rules.
    """

    schema: str = LOCK_SCHEMA
    version: int = LOCK_VERSION
    layout_version: int = LAYOUT_VERSION
    arch: str | None = None
    machine: str | None = None
    devices: dict[str, AnyDevice] = {}
    controllers: dict[str, Controller] = {}
    used: tuple[str, ...] = ()

    @property
    def placed(self) -> list[tuple[str, AnyDevice]]:
        """Every controller and device with its reference, controllers first."""
        return [*self.controllers.items(), *self.devices.items()]

    @classmethod
    def of(cls, guest: Guest) -> Lock:
        """The layout of a guest that has its addresses.

        A device without an address is left out, except for serial and parallel ports, which have numbers.
        """
        names = preferred_references(guest.devices)
        devices: dict[str, AnyDevice] = {}
        controllers: dict[str, Controller] = {}
        for device in guest.devices:
            if isinstance(device, Controller):
                controllers[names[id(device)]] = _bare(device)
            elif device.address is not None or isinstance(device, Serial | Parallel):
                devices[names[id(device)]] = _bare(device)
        return cls(
            arch=guest.arch,
            machine=guest.machine,
            devices=devices,
            controllers=controllers,
            used=tuple(guest.policy.used) if guest.policy else (),
            layout_version=(guest.policy.version if guest.policy else None) or LAYOUT_VERSION,
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Lock:
        """Read a lock file; raises ValueInvalid if it is malformed, incomplete, or of another version."""
        try:
            raw = msgspec.json.decode(text)
        except MALFORMED as error:
            raise ValueInvalid(f"the lock file is not valid JSON: {error}", remedy=_RENEW) from error
        if not isinstance(raw, dict) or raw.get("schema") != LOCK_SCHEMA:
            raise ValueInvalid(f'the lock file does not say "schema": "{LOCK_SCHEMA}"', remedy=_RENEW)
        for name, newest in (("version", LOCK_VERSION), ("layout-version", LAYOUT_VERSION)):
            given = raw.get(name)
            if isinstance(given, bool) or given not in range(1, newest + 1):
                known = f"a number from 1 to {newest}" if newest > 1 else f"the number {newest}"
                text = msgspec.json.encode(given).decode()[:60]
                raise ValueInvalid(f"the {name} of the lock file is {text}, not {known}", remedy=_RENEW)
        try:
            return msgspec.convert(raw, cls)
        except MALFORMED as error:
            raise ValueInvalid(f"the lock file is not valid: {error}", remedy=_RENEW) from error

    def to_json(self) -> str:
        """The lock as readable JSON with a line break at the end; equal locks give equal text."""
        versions = {"schema": self.schema, "version": self.version, "layout-version": self.layout_version}
        return (
            msgspec.json.format(msgspec.json.encode({**versions, **msgspec.to_builtins(self)}), indent=1).decode()
            + "\n"
        )

    @staticmethod
    def json_schema() -> dict[str, object]:
        """The JSON Schema of a lock file."""
        return msgspec.json.schema(Lock)


def _bare(device: _Kept) -> _Kept:
    """A copy of a device without its hints, its line and its fields for the host."""
    own = copy(device)
    own.hints = own.line = None
    if isinstance(own, Disk):
        own.source, own.type, own.has_source, own.readonly = None, None, True, False
    return own
