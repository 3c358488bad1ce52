"""The one tree of exceptions: what is wrong, where, why, and what would help."""

from __future__ import annotations

#: The most characters of each part of a message; names in a document can be as long as the document.
LONGEST_PART = 1000


def shortened(text: str) -> str:
    """The text; or its beginning where it is too long for a message."""
    return text if len(text) <= LONGEST_PART else f"{text[:LONGEST_PART]}…"


class DevaddrError(Exception):
    """Base of every error that this package raises on purpose.

    message: what is wrong and why, one sentence.
    device: how the device calls itself, for example ``disk vda``.
    line: line of the element in the document that was read, from 1.
    about: the part of the domain that it is about where that is no device, such as ``os/type``; it stands for the line.
    other: the second device of a conflict; other_line: its line.
    remedy: what would help, one sentence or none.
    Of each text that is longer than ``LONGEST_PART`` only the beginning is kept.
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
        """The whole error but for its line: device, message, the other device and the remedy."""
        who = f"{self.device}: " if self.device else ""
        text = f"{who}{self.message}"
        if self.other:
            at = f" (line {self.other_line})" if self.other_line else ""
            text += f"; the other device is {self.other}{at}"
        if self.remedy:
            text += f". {self.remedy}"
        return text


class DocumentError(DevaddrError):
    """The input is not a document that can be read: malformed, not a domain, too large, unsafe."""


class ValueInvalid(DevaddrError):
    """An attribute or element has a value outside what its place allows."""


class AddressConflict(DevaddrError):
    """Two devices want one place, or a place that the machine keeps for itself."""


class PlacementError(DevaddrError):
    """A device has no place: no bus of the right kind, or none with room."""


class Unsupported(DevaddrError):
    """The machine, the architecture or QEMU does not have what the document asks for."""


class HintError(DevaddrError):
    """A hint or tunable is unknown, malformed, contradictory or impossible."""


class ProbeError(DevaddrError):
    """A host, its libvirt or its QEMU could not be asked, or gave no usable answer."""


class DefinitionChanged(DevaddrError):
    """libvirt defined a domain in another way than it was written, and the definition was undone.

    changes: what was different, one line each.
    """

    def __init__(self, message: str, *, changes: tuple[str, ...] = (), remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.changes = changes


class LayoutNotKept(DevaddrError):
    """Devices of an earlier layout cannot have their places in the new document.

    lost: each of them with its place and the reason, one line each.
    """

    def __init__(self, message: str, *, lost: tuple[str, ...] = (), remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.lost = lost
