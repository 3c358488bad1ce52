"""The documentation lists every known difference between versions, with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from live.known_differences import KNOWN, KnownDifference, unexplained
from live.signature import difference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "against-a-real-host.md"


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_difference_is_documented(known: KnownDifference) -> None:
    assert f"* {known.name}: {known.reason}" in " ".join(PAGE.read_text().split())


@pytest.mark.parametrize(
    "lines",
    [
        ["- interface 52:54:00:00:00:01 pci 0000:00:03.0", "+ interface 52:54:00:00:00:01 pci 0000:00:04.0"],
        ["+ controller pci 3 pcie-root-port pci 0000:00:01.2"],
        ["- controller scsi 0 virtio-scsi pci 0000:00:03.0", "+ controller scsi 0 lsilogic pci 0000:00:03.0"],
        ["- input @type=tablet @bus=usb usb 0:1", "+ input @type=tablet @bus=usb usb 0:2"],
    ],
)
def test_what_is_not_known_is_told(lines: list[str]) -> None:
    assert unexplained(lines) == lines


def test_every_change_of_a_device_is_a_difference() -> None:
    port = "<target chassis='1' port='0x8'/><address type='pci' bus='0' slot='1' function='0' multifunction='on'/>"
    controller = f"<controller type='pci' index='1' model='pcie-root-port'>{port}</controller>"
    domain = f"<domain><devices>{controller}</devices></domain>"
    assert difference(domain, domain.replace("0x8", "8")) == []
    for given in ("chassis='1'", "slot='1'", "index='1'"):
        assert len(difference(domain, domain.replace(given, given.replace("1", "2")))) == 2
    assert len(difference(domain, domain.replace("'on'", "'off'"))) == 2
