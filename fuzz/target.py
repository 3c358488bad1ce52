"""What the fuzzer calls: any bytes go into the package, and nothing but a DevaddrError may come out.

Bytes that begin with ``<`` are a document, those that begin with ``{`` are a guest in JSON. Of others the first byte
says whether a skeleton or its guest in JSON is changed, and the rest how.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

with atheris.instrument_imports(include=["devaddr_xml"]):
    import devaddr_xml
    from devaddr_xml.domxml.encoding import encoded_like
    from devaddr_xml.domxml.nested import read_guest
    from devaddr_xml.engine import plan as passes  # noqa: F401

from mutations import SKELETONS, encoded_document, mutated_device, mutated_document, mutated_guest


class Numbers:
    """A source of numbers that the fuzzer's bytes decide; zeros when they have ended."""

    def __init__(self, data: bytes) -> None:
        self._provider = atheris.FuzzedDataProvider(data)

    def __call__(self, count: int) -> int:
        return int(self._provider.ConsumeIntInRange(0, max(0, count - 1)))


def assign_document(xml: str | bytes) -> None:
    """Assign a document; what comes out can be read, viewed and assigned again."""
    complete = devaddr_xml.assign(xml).xml
    devaddr_xml.capacity(complete)
    assert devaddr_xml.assign(complete).xml == complete, "assigning twice is not assigning once"


def plan_guest(text: str | bytes) -> None:
    """Plan a guest in JSON."""
    devaddr_xml.Guest.from_json(devaddr_xml.plan(devaddr_xml.Guest.from_json(text)).guest.to_json())


def raw_document(data: bytes) -> None:
    """A document as it is; one with another domain inside, too."""
    read_guest(data)
    assign_document(data)


def changed_document(data: bytes) -> None:
    """A skeleton with changes."""
    assign_document(mutated_document(Numbers(data)))


def in_an_encoding(data: bytes) -> None:
    """A document in some encoding comes out in that encoding, and then as it is."""
    given = encoded_document(Numbers(data))
    complete = encoded_like(devaddr_xml.assign(given).xml, given)
    assert encoded_like(devaddr_xml.assign(complete).xml, complete) == complete, "another encoding, or not the same"


def changed_guest(data: bytes) -> None:
    """The guest of a skeleton with changes, in JSON."""
    plan_guest(mutated_guest(Numbers(data)))


def changed_device(data: bytes) -> None:
    """A device with changes, attached to a skeleton."""
    numbers = Numbers(data)
    skeleton = SKELETONS[numbers(len(SKELETONS))].read_bytes()
    live = bool(numbers(2))
    devaddr_xml.attach(skeleton, mutated_device(numbers), live=live)


CALLS: tuple[Callable[[bytes], None], ...] = (
    *(changed_document, changed_document, changed_guest, changed_device),
    in_an_encoding,
)


def run_one(data: bytes) -> None:
    """One run of the fuzzer; anything but a DevaddrError gets out."""
    try:
        if data.startswith(b"<"):
            raw_document(data)
        elif data.startswith(b"{"):
            plan_guest(data)
        elif data:
            CALLS[data[0] % len(CALLS)](data[1:])
    except devaddr_xml.DevaddrError:
        pass


if __name__ == "__main__":
    atheris.Setup(sys.argv, run_one)
    atheris.Fuzz()
