"""The journal: every decision and warning, in the order in which the engine makes them."""

from __future__ import annotations

from typing import Literal

from devaddr_xml.model.address import Address
from devaddr_xml.model.device import Device
from devaddr_xml.model.errors import shortened
from devaddr_xml.model.events import Cause, Chosen, Considered, Decision, Rule
from devaddr_xml.model.naming import label
from devaddr_xml.model.notice import Notice


class Journal:
    """Collects decisions and warnings in the order in which they are made."""

    __slots__ = ("decisions", "warnings")

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.warnings: list[Notice] = []

    def note(
        self,
        device: Device,
        result: Address | Chosen | tuple[Chosen, ...] | Literal["added"],
        rule: Rule,
        cause: Cause = "default",
        considered: tuple[Considered, ...] = (),
        about: str = "",
    ) -> None:
        """Write down one decision about ``device``."""
        self.decisions.append(Decision(device, result, rule, cause, considered, about))

    def warn(
        self, message: str, device: Device | None = None, *, line: int | None = None, remedy: str | None = None
    ) -> None:
        """Write down one warning. Its line is that of the device unless ``line`` is set."""
        name = shortened(label(device)) if device is not None else None
        at = device.line if line is None and device is not None else line
        self.warnings.append(Notice(shortened(message), name, at, remedy and shortened(remedy)))
