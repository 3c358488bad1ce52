"""The exceptions: what is wrong, where, why, and what helps."""

from __future__ import annotations

#: The most characters of each part of a message; names in a document can be as long as the document.
LONGEST_PART = 1000


def shortened(text: str) -> str:
    """The text, or only its beginning if it is too long for a message."""
    return text if len(text) <= LONGEST_PART else f"{text[:LONGEST_PART]}…"


class DevaddrError(Exception):
    """Base of every error that this package raises on purpose.

    message: what is wrong and why, in one sentence.
    device: the label of the device, such as ``disk vda``.
    line: the line of the element in the document, from 1.
    about: the part of the domain if it is not a device, such as ``os/type``; messages show it instead of a line.
    other: the second device of a conflict; other_line: its line.
    remedy: what helps, in one sentence, or None.
    A text longer than ``LONGEST_PART`` characters is cut.
    """

    def __init__(
        self,
        message: str,
        *,
        device: str | None = None,
        line: int | None = None,
        other: str | None = None,
        other_line: int | None = None,
        remedy: str | None = None,
        about: str | None = None,
    ) -> None:
        self.message = shortened(message)
        self.about = about
        self.device = device and shortened(device)
        self.line = line
        self.other = other and shortened(other)
        self.other_line = other_line
        self.remedy = remedy and shortened(remedy)
        super().__init__(self.message)

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return where + self.explanation

    @property
    def explanation(self) -> str:
        """The whole error without its line: device, message, the other device and the remedy."""
        who = f"{self.device}: " if self.device else ""
        text = f"{who}{self.message}"
        if self.other:
            at = f" (line {self.other_line})" if self.other_line else ""
            text += f"; the other device is {self.other}{at}"
        if self.remedy:
            text += f". {self.remedy}"
        return text


class DocumentError(DevaddrError):
    """The input is not a readable document: it is malformed, not a domain, too large or unsafe."""


class ValueInvalid(DevaddrError):
    """An attribute or element has a value that is not allowed there."""


class AddressConflict(DevaddrError):
    """Two devices have the same place, or a device has a place that the machine uses itself."""


class PlacementError(DevaddrError):
    """There is no place for a device: no bus of the right kind, or no free place on one."""


class Unsupported(DevaddrError):
    """The machine, the architecture, QEMU or libvirt does not support what the document asks for."""


class HintError(DevaddrError):
    """A hint or tunable is unknown, malformed, contradictory or impossible."""


class ProbeError(DevaddrError):
    """A host, its libvirt or its QEMU is not reachable, or gave no usable answer."""


class DefinitionChanged(DevaddrError):
    """libvirt changed the layout of a domain when it defined it, so the definition was undone.

    changes: the differences, one line each.
    """

    def __init__(self, message: str, *, changes: tuple[str, ...] = (), remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.changes = changes


class LayoutNotKept(DevaddrError):
    """Devices of an earlier layout cannot keep their places in the new document.

    lost: each of them with its place and the reason, one line each.
    """

    def __init__(self, message: str, *, lost: tuple[str, ...] = (), remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.lost = lost
