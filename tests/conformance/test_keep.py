"""Every recorded domain, edited as a template is: what is in both stays, and a lock file says as much as a guest."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import devaddr_xml
from devaddr_xml import DevaddrError
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.engine.lifecycle.keep import keep
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.lock import Lock

from .test_migration import cases

NIC = "<interface type='user'><mac address='52:54:00:ff:00:01'/><model type='virtio'/></interface>"
#: Attributes that follow from a neighbour, or that the removal of memory changes.
NOT_A_MOVE = ("multifunction", "hotplug", "NUMA cells")
#: One case of so many is a test; all of them pass, in some minutes.
EVERY = 12


def edited(text: str, seed: str) -> tuple[str, set[str]] | None:
    """The document with a device less, a device more and the others in another order, and the kinds that went."""
    root = etree.fromstring(text.encode())
    devices = root.find("devices")
    if devices is None:
        return None
    rest = random.Random(seed)
    elements = [child for child in devices if isinstance(child.tag, str)]
    removed = set()
    for element in rest.sample(elements, min(len(elements), rest.choice((0, 1, 2)))):
        removed.add(element.tag)
        devices.remove(element)
        elements.remove(element)
    if rest.random() < 0.5:
        rest.shuffle(elements)
        devices.extend(elements)
    if rest.random() < 0.7:
        devices.append(etree.fromstring(NIC))
    return etree.tostring(root, encoding="unicode"), removed


@pytest.mark.parametrize("part", range(4))
def test_what_is_in_both_stays(shared: Path, part: int) -> None:
    count = 0
    for case in cases(shared)[part * 3 :: EVERY]:
        target = devaddr_xml.known_capabilities(case["arch"], libvirt="11.3.0", qemu="10.0.0")
        facts: dict[str, Any] = {"capabilities": target}
        if "host" in case:
            facts["host"] = devaddr_xml.HostFacts.from_json(json.dumps(case["host"]))
        old = devaddr_xml.assign(case["in"], **facts).guest
        edit = edited(case["in"], case["id"])
        if edit is None:
            continue
        new = read_guest(edit[0])
        found = _kept(new, old, facts)
        if found is None:
            continue
        count += 1
        changes = devaddr_xml.diff(old, found).changes
        moved = [c for c in changes if c.change in ("moved", "changed") and c.attribute not in NOT_A_MOVE]
        assert [c for c in moved if c.kind not in edit[1]] == [], case["id"]
        assert devaddr_xml.plan(found, **facts).guest.devices == found.devices, case["id"]
    assert count > 50


def _kept(new: Guest, old: Guest, facts: dict[str, Any]) -> Guest | None:
    """The guest with the places of the old one; nothing when it is refused without them, too."""
    lock = Lock.from_json(Lock.of(old).to_json())
    try:
        return keep(new, lock, **facts).plan.guest
    except DevaddrError:
        with pytest.raises(DevaddrError):
            devaddr_xml.plan(new, **facts)
        return None
