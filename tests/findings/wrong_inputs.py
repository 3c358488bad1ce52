"""Wrong inputs of the sort that people write, and what is said of each: the table is wrong_inputs.txt."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

BASE = """<domain type='kvm'>
  <name>small</name>
  <memory>1048576</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
    HERE
  </devices>
</domain>
"""
NAMESPACE = "xmlns:devaddr='urn:devaddr-xml:hints:1'"


class Wrong(NamedTuple):
    """A wrong input.

    name: what is wrong. place: where ``text`` goes: a device, a device with hints, the metadata, the whole document; in
    place of another text (``old|new``). kind: the class of the error, or ``warning``. cause, remedy: how they begin.
    """

    name: str
    place: str
    text: str
    kind: str
    line: int
    device: str | None
    cause: str
    remedy: str


def document(wrong: Wrong) -> str:
    """The whole document with the wrong input in it."""
    if wrong.place == "document":
        return wrong.text
    if wrong.place == "instead":
        old, new, *devices = wrong.text.split("|")
        assert old in BASE
        return BASE.replace(old, new).replace("HERE", "".join(devices))
    if wrong.place == "device":
        return BASE.replace("HERE", wrong.text)
    if wrong.place == "near":
        namespace, device = wrong.text.split("|")
        return BASE.replace("<domain ", f"<domain {namespace} ", 1).replace("HERE", device)
    hinted = BASE.replace("<domain ", f"<domain {NAMESPACE} ", 1)
    if wrong.place == "hinted":
        return hinted.replace("HERE", wrong.text)
    assert wrong.place == "metadata"
    return hinted.replace("  <vcpu>", f"  <metadata>{wrong.text}</metadata>\n  <vcpu>").replace("HERE", "")


def _read(line: str) -> Wrong:
    name, place, text, kind, number, device, cause, remedy = line.split(" ¦ ")
    return Wrong(name, place, text, kind, int(number), None if device == "-" else device, cause, remedy)


WRONG_INPUTS: tuple[Wrong, ...] = tuple(
    _read(line) for line in Path(__file__).with_suffix(".txt").read_text().splitlines() if not line.startswith("#")
)
