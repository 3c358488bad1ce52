"""Room for the BARs of passed-through devices."""

from __future__ import annotations

import re

import pytest
from host_trees import facts
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from properties.host_guests import HostGuest, Passed

import devaddr_xml
from devaddr_xml.engine.hints.bars import Window, packed

MIB, GIB = 1 << 20, 1 << 30


def guest(*bars: str, cells: int = 0, bits: str = "") -> HostGuest:
    """A guest with one device for each text of BARs, each on a root complex of its own."""
    text = "\n".join(
        f"pci{number:04x}:00\n  {number:04x}:00:01.0 root-port\n    {number:04x}:01:00.0 {each}"
        for number, each in enumerate(bars)
    )
    return HostGuest(facts(text + bits), [Passed(f"{n:04x}:01:00.0", False) for n in range(len(bars))], [])


def assigned(
    made: HostGuest, policy: str = 'topology="mirror"', change: tuple[str, str] = ("", "")
) -> tuple[str, list[str]]:
    result = devaddr_xml.assign(made.xml(policy=policy).replace(*change), host=made.facts)
    assert devaddr_xml.assign(result.xml, host=made.facts).xml == result.xml
    return result.xml, [str(warning) for warning in result.warnings]


def hole(xml: str) -> int | None:
    element = etree.fromstring(xml).find("devices/controller[@model='pcie-root']/pcihole64")
    return None if element is None else int(element.text or "") << 10


@pytest.mark.parametrize(
    ("bars", "needed"),
    [
        (("bar2=16G/64p",), None),
        (("bar2=32G/64p",), None),
        (("bar2=16G/64p", "bar2=16G/64p"), None),
        (("bar2=32G/64p bar4=32M/64p",), "32800 MiB"),
        (("bar2=32G/64p", "bar2=1M/64p"), "32769 MiB"),
        (("bar2=128G/64p", "bar2=128G/64p"), "256 GiB"),
        (("bar0=64M/32",), None),
    ],
)
def test_the_hole_of_q35_has_32_gib(bars: tuple[str, ...], needed: str | None) -> None:
    xml, told = assigned(guest(*bars))
    assert hole(xml) is None
    about = [text for text in told if "64-bit BARs" in text]
    assert bool(about) == (needed is not None)
    assert needed is None or f"need {needed}" in about[0]


def test_fit_writes_the_hole() -> None:
    made = guest("bar2=128G/64p", "bar2=128G/64p bar4=32M/64p")
    xml, told = assigned(made, 'topology="mirror" mmio-window="fit"')
    assert hole(xml) == 512 * GIB
    assert not [text for text in told if "BARs" in text]
    assert not [f for f in devaddr_xml.check(xml, host=made.facts).findings if "BARs" in f.message]


def test_fit_replaces_one_that_is_too_small_and_leaves_one_that_does() -> None:
    made = guest("bar2=128G/64p")
    root = (
        "<devices><controller type='pci' index='0' model='pcie-root'><pcihole64 unit='GiB'>{}</pcihole64></controller>"
    )
    xml, _ = assigned(made, 'topology="mirror" mmio-window="fit"', ("<devices>", root.format(64)))
    assert hole(xml) == 128 * GIB
    xml, told = assigned(made, 'topology="mirror" mmio-window="fit"', ("<devices>", root.format(256)))
    assert "<pcihole64 unit='GiB'>256</pcihole64>" in xml
    assert not [text for text in told if "BARs" in text]
    _, told = assigned(made, 'topology="mirror"', ("<devices>", root.format(64)))
    about = next(text for text in told if "need 128 GiB, and the 64-bit PCI hole has 64 GiB" in text)
    assert "<pcihole64 unit='GiB'>128</pcihole64>" in about


def test_what_must_be_below_4_gib() -> None:
    _, told = assigned(guest(*["bar0=256M/32"] * 4))
    assert any("32-bit BARs of passed-through devices need 1 GiB" in text for text in told)
    _, told = assigned(guest(*["bar0=512M/64"] * 2))
    assert any("32-bit BARs" in text for text in told)
    _, told = assigned(guest(*["bar0=256M/32"] * 3))
    assert not [text for text in told if "BARs" in text]


@pytest.mark.parametrize(
    ("mode", "warned"),
    [("mode='emulate' bits='40'", True), ("mode='emulate' bits='42'", True), ("mode='emulate' bits='43'", False)],
)
def test_address_bits(mode: str, warned: bool) -> None:
    made = guest("bar2=1T/64p")
    cpu = ("<features>", f"<cpu mode='host-passthrough'><maxphysaddr {mode}/></cpu><features>")
    _, told = assigned(made, 'topology="mirror" mmio-window="fit"', cpu)
    assert any("physical address bits" in text for text in told) == warned


def test_address_bits_of_the_host() -> None:
    made = guest("bar2=1T/64p", bits="\nbits 39")
    cpu = ("<features>", "<cpu mode='host-passthrough'><maxphysaddr mode='passthrough'/></cpu><features>")
    _, told = assigned(made, 'topology="mirror" mmio-window="fit"', cpu)
    assert any("the guest CPU has 39 physical address bits" in text for text in told)


@given(st.lists(st.integers(12, 40).map(lambda bits: Window(1 << bits, 1 << bits)), min_size=1, max_size=20))
def test_powers_of_two_are_packed_without_loss(windows: list[Window]) -> None:
    whole = packed(windows)
    assert whole.size == sum(window.size for window in windows)
    assert whole.alignment == max(window.alignment for window in windows)
    assert packed(windows, MIB).size % MIB == 0


@pytest.mark.parametrize(
    ("bits", "fitting", "beyond"),
    [
        (None, ("32G",), ("32G", "1M")),
        (36, ("16G",), ("32G", "1M")),
        (39, ("32G", "32G"), ("64G", "1M")),
        (42, ("512G",), ("512G", "1G")),
        (52, ("4T", "4T"), ("8T", "1M")),
    ],
)
def test_ovmf_has_an_eighth_of_the_addresses(
    bits: int | None, fitting: tuple[str, ...], beyond: tuple[str, ...]
) -> None:
    width = f"<maxphysaddr mode='emulate' bits='{bits}'/>" if bits else ""
    cpu = ("<features>", f"<cpu mode='host-passthrough'>{width}</cpu><features>")
    for sizes, warned in ((fitting, False), (beyond, True)):
        _, told = assigned(guest(*(f"bar2={size}/64p" for size in sizes)), change=cpu)
        assert any("64-bit BARs" in text for text in told) == warned, sizes


def test_a_hole_does_not_widen_the_window_of_ovmf() -> None:
    made = guest("bar2=128G/64p")
    cpu = ("<features>", "<cpu mode='host-passthrough'><maxphysaddr mode='emulate' bits='39'/></cpu><features>")
    xml, told = assigned(made, 'topology="mirror" mmio-window="fit"', cpu)
    assert hole(xml) == 128 * GIB
    assert any("OVMF maps 64 GiB of them" in text and "bits='41'" in text for text in told)


@pytest.mark.parametrize(
    ("size", "os", "cpu", "warned"),
    [
        ("128G", "<os firmware='efi'>", "", True),
        ("128G", "<os><loader readonly='yes' type='pflash'>/f.fd</loader>", "", True),
        ("128G", "<os firmware='efi'>", "<cpu mode='host-model'/>", True),
        ("128G", "<os firmware='efi'>", "<cpu mode='host-passthrough'/>", False),
        ("128G", "<os firmware='efi'>", "<cpu><maxphysaddr mode='emulate' bits='41'/></cpu>", False),
        ("128G", "<os firmware='bios'>", "", False),
        ("128G", "<os>", "", False),
        ("32G", "<os firmware='efi'>", "", False),
    ],
)
@pytest.mark.parametrize("way", ["fit", "given"])
def test_a_hole_alone_does_not_help_ovmf(size: str, os: str, cpu: str, warned: bool, way: str) -> None:
    """OVMF believes the address bits only where the domain states them."""
    made = guest(f"bar2={size}/64p")
    policy = f'topology="mirror" mmio-window="{way}"'
    hole = "<pcihole64 unit='GiB'>256</pcihole64>"
    root = f"<controller type='pci' index='0' model='pcie-root'>{hole}</controller>" if way == "given" else ""
    xml = made.xml(policy=policy).replace("<os>", cpu + os).replace("<devices>", f"<devices>{root}")
    result = devaddr_xml.assign(xml, host=made.facts)
    told = [
        str(warning) for warning in result.warnings if "OVMF maps 32 GiB of them, whatever pcihole64 is" in str(warning)
    ]
    assert len(told) == warned
    assert all("bits='41'" in text and "host-passthrough" in text for text in told)
    found = devaddr_xml.check(result.xml, host=made.facts).findings
    assert any("whatever pcihole64 is" in finding.message for finding in found) == warned


def test_what_the_warning_advises_silences_it() -> None:
    made = guest("bar2=1T/64p")
    xml, told = assigned(made, 'topology="mirror" mmio-window="fit"', ("<os>", "<os firmware='efi'>"))
    bits = next(re.findall(r"bits='(\d+)'", text)[0] for text in told if "whatever pcihole64 is" in text)
    cpu = f"<cpu><maxphysaddr mode='emulate' bits='{bits}'/></cpu><os"
    assert not [w for w in devaddr_xml.assign(xml.replace("<os", cpu), host=made.facts).warnings if "BARs" in str(w)]


def test_virtual_functions_have_the_windows_that_their_physical_function_says() -> None:
    """libvirt and hwloc know no BARs of a virtual function; what the facts say of it itself comes first."""
    text = "pci0000:10\n  0000:10:01.0 root-port\n    0000:11:00.0 vfs=4 vfbar0=16G/64p\n"
    text += "".join(f"    0000:11:00.{n} physfn=0000:11:00.0{' bar0=1M/64p' * (n == 4)}\n" for n in range(1, 5))
    made = HostGuest(facts(text), [Passed(f"0000:11:00.{n}", False) for n in range(1, 5)], [])
    _, told = assigned(made)
    assert any("64-bit BARs of passed-through devices need 49153 MiB" in warning for warning in told)
