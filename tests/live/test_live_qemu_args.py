"""QEMU under libvirt runs with the controllers and places that we name for programs without libvirt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from live.generate import AARCH64, PC, PSERIES, Q35, S390X, Board, generate
from lxml import etree

from devaddr_xml import DevaddrError, assign
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.probe.trial_copy import ALIAS, trial_copy
from devaddr_xml.views.qemu_args import qemu_arguments

PID_FILES = Path("/run/libvirt/qemu")
BOARDS = {"q35": Q35, "pc": PC, "aarch64": AARCH64, "pseries": PSERIES, "s390x": S390X}

#: The properties that say where a device is.
PLACE = {"bus", "addr", "nr", "scsi-id", "lun", "channel", "unit", "slot", "multifunction", "devno", "reg"}


@contextmanager
def command_line(connection: Any, xml: str, name: str) -> Iterator[list[dict[str, Any]]]:
    """The ``-device`` objects of the QEMU that libvirt starts for a domain, paused."""
    import libvirt

    domain = connection.createXML(xml, libvirt.VIR_DOMAIN_START_PAUSED | libvirt.VIR_DOMAIN_START_AUTODESTROY)
    try:
        pid = (PID_FILES / f"{name}.pid").read_text().strip()
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        yield [json.loads(words[at + 1]) for at, word in enumerate(words) if word == "-device" and "{" in words[at + 1]]
    finally:
        domain.destroy()


def without_our_aliases(xml: str) -> str:
    """The copy with the names that libvirt makes up."""
    document = etree.fromstring(xml)
    for alias in document.findall("devices/*/alias"):
        if alias.get("name", "").startswith(ALIAS):
            alias.getparent().remove(alias)
    return etree.tostring(document, encoding="unicode")


def is_place(name: str, driver: str) -> bool:
    return name in PLACE or (name == "port" and driver.startswith("usb"))


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("seed", range(6))
def test_arguments_are_those_of_libvirt(board: str, seed: int, connection: Any, ability: Any) -> None:
    import libvirt

    found: Board = BOARDS[board]
    capabilities, host = ability(found.arch)
    for attempt in range(20):
        try:
            complete = assign(generate(100 * seed + attempt, found), capabilities=capabilities, host=host).xml
        except DevaddrError:
            continue
        name = f"live-args-{board}-{seed}"
        copy = without_our_aliases(trial_copy(complete, name, f"00000000-0000-0000-0000-{seed:012x}").xml)
        ours = qemu_arguments(read_guest(copy))
        try:
            with command_line(connection, copy, name) as theirs:
                compare(ours, theirs)
                return
        except libvirt.libvirtError:
            continue
    pytest.fail("none of the domains could be started")


def compare(ours: Any, theirs: list[dict[str, Any]]) -> None:
    missing = [one for one in ours.controllers if one not in theirs]
    assert missing == []
    rest = {one["id"]: one for one in theirs if "id" in one and one not in ours.controllers}
    for placed in ours.devices:
        wanted = dict(placed.properties)
        seen = rest.get(wanted.pop("id"))
        assert seen is not None, placed
        assert {name: value for name, value in seen.items() if is_place(name, seen["driver"])} == wanted
