"""What the live tests compare domains by."""

from __future__ import annotations

from live.signature import difference


def test_every_change_of_a_device_is_a_difference() -> None:
    port = "<target chassis='1' port='0x8'/><address type='pci' bus='0' slot='1' function='0' multifunction='on'/>"
    controller = f"<controller type='pci' index='1' model='pcie-root-port'>{port}</controller>"
    domain = f"<domain><devices>{controller}</devices></domain>"
    assert difference(domain, domain.replace("0x8", "8")) == []
    for given in ("chassis='1'", "slot='1'", "index='1'"):
        assert len(difference(domain, domain.replace(given, given.replace("1", "2")))) == 2
    assert len(difference(domain, domain.replace("'on'", "'off'"))) == 2
