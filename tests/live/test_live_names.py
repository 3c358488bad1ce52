"""A booted guest gives interfaces the names that were asked for: on slots, functions, bridges, cells, by ACPI index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from live.guest import KERNELS, booted
from live.test_live_guest import card, domain

import devaddr_xml
from devaddr_xml.engine.finished.network_names import network_names
from devaddr_xml.engine.finished.topology import Topology
from devaddr_xml.model.device import Interface


def named(names: dict[int, str | None], hints: str = "") -> str:
    return "".join(card(number, f"devaddr:name='{name}' {hints}" if name else hints) for number, name in names.items())


def rotated(machine: str, cards: dict[int, str], nodes: int = 0) -> str:
    """Cards with these hints, each of which asks for the name that the one before it would have."""
    xml = domain(machine, nodes, "".join(card(number, hints) for number, hints in cards.items()))
    guest = devaddr_xml.assign(xml).guest
    found = network_names(Topology(guest))
    had = {int(str(d.mac)[-2:], 16): found[id(d)].name for d in guest.devices if isinstance(d, Interface)}
    asked: dict[int, str | None] = {}
    for hints in dict.fromkeys(cards.values()):
        same = [number for number in cards if cards[number] == hints]
        asked |= {number: had[other] for number, other in zip(same, [same[-1], *same[:-1]], strict=True)}
    return domain(machine, nodes, "".join(card(n, f"devaddr:name='{asked[n]}' {hints}") for n, hints in cards.items()))


#: Each guest with its machine and how many names it asks for.
GUESTS: dict[str, str] = {
    "q35 bridges, ports and indexes": domain(
        "q35",
        0,
        named({1: "ens3", 2: "ens9", 3: "ens31", 4: "enp3s0", 5: "enp8s0", 6: "eno1", 7: "eno16383", 8: "eno77"})
        + named({9: "enp4s0f1", 10: "enp4s0f0", 11: "enp4s0f2"}, "devaddr:slot-group='a'")
        + named({12: "eno5", 13: "eno6"})
        + named({14: "enp0s9"}, "devaddr:placement='root-complex'"),
    ),
    "q35 cells": rotated("q35", {n: f"devaddr:node='{n % 2}'" for n in range(8)}, 2),
    "i440fx slots, functions and indexes": domain(
        "pc",
        0,
        named({1: "ens5", 2: "ens31", 3: "eno9", 4: "ens20", 5: None})
        + named({6: "ens7f0", 7: "ens7f3", 8: "ens7f1", 9: "ens7f2"}, "devaddr:slot-group='a'")
        + named({10: "enp1s8", 11: "enp1s9", 12: "ens1"}, "devaddr:bus-group='b'"),
    ),
    "i440fx cells": rotated("pc", {n: f"devaddr:node='{n % 2}'" for n in range(6)}, 2),
    "q35 switch": rotated("q35", dict.fromkeys(range(6), "devaddr:placement='switch'")),
}


def test_there_are_forty_requests() -> None:
    assert sum(xml.count("devaddr:name='") for xml in GUESTS.values()) >= 40


@pytest.mark.parametrize("name", GUESTS)
def test_guest_says_the_names_that_were_asked_for(name: str, connection: Any, ability: Any, tmp_path: Path) -> None:
    if not (KERNELS / "amd64" / "complete").exists():
        pytest.skip(f"there is no guest kernel in {KERNELS}; .ci/live fetches it")
    capabilities, host = ability("x86_64")
    assignment = devaddr_xml.assign(GUESTS[name], capabilities=capabilities, host=host)
    with booted(connection, assignment.xml, tmp_path) as guest:
        seen = guest.look().names
    asked = {d.mac: d.hints.name for d in assignment.guest.devices if isinstance(d, Interface) and d.hints}
    asked = {mac: wanted for mac, wanted in asked.items() if wanted}
    assert {mac: effective(seen[str(mac)]) for mac in asked} == asked


def effective(names: dict[str, str]) -> str | None:
    """The name under systemd's default policy."""
    return next((names[key] for key in map("ID_NET_NAME_{}".format, ("ONBOARD", "SLOT", "PATH")) if key in names), None)
