"""References that mean every device that fits: ``disk[*]``, ``interface[model=virtio]``, ``*[bus=virtio]``."""

from __future__ import annotations

import re
from functools import cache
from typing import get_args

import msgspec

from devaddr_xml.model.device import AnyDevice, Device
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.validate import brief, suggestion

#: Of selectors, which few documents have, so left for `re` to compile when there is one.
_FORM = r"(\*|[a-z]+)\[(\*|[a-z-]+=[^\[\],=]*(?:,[a-z-]+=[^\[\],=]*)*)\]"


@cache
def fields_of_kinds() -> dict[str, dict[str, str]]:
    """Every kind of device and the fields by which a selector can choose: those whose values are words."""
    return {
        kind.kind: {
            field.encode_name: field.name
            for field in msgspec.structs.fields(kind)
            if field.name not in ("alias", "source") and str in (field.type, *get_args(field.type))
        }
        for kind in get_args(AnyDevice)
    }


class Selector(msgspec.Struct, frozen=True):
    """A kind of devices, or any with ``*``, and the values that fields of them must have."""

    kind: str
    conditions: tuple[tuple[str, str], ...] = ()

    @property
    def rank(self) -> int:
        """How much is asked of a device: of two selectors that name one, the higher rank counts."""
        return (self.kind != "*") + len(self.conditions)

    def fits(self, device: Device) -> bool:
        """Whether the selector means the device."""
        if self.kind not in ("*", device.kind):
            return False
        fields = fields_of_kinds().get(device.kind, {})
        return all(name in fields and getattr(device, fields[name]) == value for name, value in self.conditions)


def is_selector(ref: str) -> bool:
    """Whether a reference has the form of a selector."""
    return "[" in ref and re.fullmatch(_FORM, ref) is not None


def selector_of(ref: str, line: int | None = None) -> Selector:
    """The selector that a reference is; raises HintError for a kind or field that there is not."""
    found = re.fullmatch(_FORM, ref)
    assert found is not None
    kind, inside = found.groups()
    kinds = fields_of_kinds()
    if kind != "*" and kind not in kinds:
        raise HintError(
            f'there is no kind of device "{brief(kind)}"',
            device=brief(ref),
            line=line,
            remedy=suggestion(kind, kinds),
        )
    conditions = () if inside == "*" else tuple([_condition(pair) for pair in inside.split(",")])
    known = kinds[kind] if kind != "*" else {name: name for fields in kinds.values() for name in fields}
    for name, _ in conditions:
        if name not in known:
            raise HintError(
                f'a selector of {kind} has no field "{brief(name)}"',
                device=brief(ref),
                line=line,
                remedy=suggestion(name, known),
            )
    return Selector(kind, conditions)


def _condition(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value
