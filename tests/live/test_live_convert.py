"""Guests that went to another machine boot there, and find every device where it was foretold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from live.guest import KERNELS, booted
from live.test_live_guest import card, domain, foretold, foretold_names, found, found_names

from devaddr_xml import assign, convert
from devaddr_xml.engine.finished.topology import Topology

NULL = "<source dev='/dev/null'/>"


def disk(target: str, bus: str) -> str:
    return f"<disk type='block' device='disk'>{NULL}<target dev='{target}' bus='{bus}'/></disk>"


#: What is on the first machine, by what is of interest in it.
DEVICES = {
    "network cards": "".join(card(n, model=m) for n, m in enumerate(("virtio", "e1000", "rtl8139", "virtio"))),
    "disks": disk("vda", "virtio") + disk("vdb", "virtio") + disk("sda", "scsi") + card(1),
    "chipset disks": disk("sda", "sata") + card(1) + card(2),
    "USB": "<controller type='usb' model='nec-xhci'/><input type='tablet' bus='usb'/>" + card(1),
    "many": "".join(card(n) for n in range(20)),
}
#: Each goes from the first machine to the second.
WAYS = (("pc", "q35"), ("q35", "pc"))


@pytest.mark.parametrize("devices", DEVICES)
@pytest.mark.parametrize(("machine", "other"), WAYS)
def test_converted_guests_boot(
    machine: str, other: str, devices: str, connection: Any, ability: Any, tmp_path: Path
) -> None:
    if not (KERNELS / "amd64" / "complete").exists():
        pytest.skip(f"there is no guest kernel in {KERNELS}; .ci/live fetches it")
    capabilities, host = ability("x86_64")
    text = DEVICES[devices].replace("bus='sata'", "bus='ide'") if machine == "pc" else DEVICES[devices]
    text = text.replace("dev='sda' bus='ide'", "dev='hda' bus='ide'")
    complete = assign(domain(machine, 0, text), capabilities=capabilities, host=host).xml
    made = convert(complete, other, keep_names=True, capabilities=capabilities, host=host)
    topology = Topology(made.guest)
    with booted(connection, made.xml, tmp_path) as guest:
        seen = guest.look()
    assert foretold(topology) == found(seen, topology, other)
    assert foretold_names(topology) == found_names(seen)
