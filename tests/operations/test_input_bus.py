"""An input device whose bus is a word for none is one without a bus."""

from __future__ import annotations

import pytest

import devaddr_xml

DOMAIN = (
    "<domain type='kvm'><name>g</name><memory>4096</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>"
    "<devices><input type='{}'{}/></devices></domain>"
)


@pytest.mark.parametrize("libvirt", ["9.0.0", "11.3.0", "12.8.0"])
@pytest.mark.parametrize("type", ["mouse", "keyboard", "tablet"])
@pytest.mark.parametrize("word", ["none", "default"])
def test_a_word_for_no_bus(libvirt: str, type: str, word: str) -> None:
    target = devaddr_xml.known_capabilities("x86_64", libvirt=libvirt)
    without = devaddr_xml.assign(DOMAIN.format(type, ""), capabilities=target)
    with_word = devaddr_xml.assign(DOMAIN.format(type, f" bus='{word}'"), capabilities=target)
    assert with_word.xml == without.xml
    assert word not in with_word.xml.partition("<input")[2].partition(">")[0]
