"""With ``slot-reuse="never"`` no place of a running guest is used twice, while devices come and go in a real QEMU."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from live.guest import KERNELS, booted
from live.test_live_guest import card, domain

from devaddr_xml import assign, attach, detach
from devaddr_xml.model.address import PciAddress

STEPS = 12
PORT = "<controller type='pci' model='pcie-root-port'/>"


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_no_place_is_used_twice(machine: str, connection: Any, ability: Any, tmp_path: Path) -> None:
    if not (KERNELS / "amd64" / "complete").exists():
        pytest.skip(f"there is no guest kernel in {KERNELS}; .ci/live fetches it")
    capabilities, host = ability("x86_64")
    known: Any = {"capabilities": capabilities, "host": host}
    ports = f"<controller type='pci' index='0' model='pcie-root'/>{PORT * 12}" if machine == "q35" else ""
    text = assign(domain(machine, 0, ports + card(1), "slot-reuse='never'/>"), **known).xml
    rest = random.Random(machine)
    places: set[tuple[int, int]] = set()
    present: dict[str, str] = {}
    with booted(connection, text, tmp_path) as guest:
        count = len(guest.look().devices)
        for step in range(STEPS):
            if present and (len(places) == 9 or rest.random() < 0.4):
                mac = rest.choice(sorted(present))
                guest.domain.detachDeviceFlags(present.pop(mac), 1)
                text = detach(text, mac, **known).xml
                count -= 1
            else:
                found = attach(text, card(0x20 + step), live=True, **known)
                text = found.xml
                (address,) = (device.address for device in found.devices)
                assert isinstance(address, PciAddress)
                assert (address.bus, address.slot) not in places
                places.add((address.bus, address.slot))
                present[f"52:54:00:00:00:{0x20 + step:02x}"] = found.device_xml[0]
                guest.domain.attachDeviceFlags(found.device_xml[0], 1)
                count += 1
            seen = guest.look(devices=count)
            assert set(seen.names) >= set(present)
    assert len(places) > STEPS // 3
