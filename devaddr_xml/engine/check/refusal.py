"""The errors of checks: they name the device, the line, the other device and the remedy."""

from __future__ import annotations

from typing import TypeVar

from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.naming import label

Refusal = TypeVar("Refusal", bound=DevaddrError)


def refusal(
    kind: type[Refusal],
    message: str,
    device: Device,
    *,
    other: Device | None = None,
    remedy: str | None = None,
) -> Refusal:
    """An error of class ``kind`` about ``device``; ``other`` is the second device of a conflict."""
    return kind(
        message,
        device=label(device),
        line=device.line,
        other=label(other) if other is not None else None,
        other_line=other.line if other is not None else None,
        remedy=remedy,
    )
