"""Any hints on any devices: either they are refused, or the document keeps them all and stays as it is from then on."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

import msgspec
from examples import scaled
from hypothesis import event, given, settings
from hypothesis import strategies as st

import devaddr_xml
from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.naming import reference_key, references
from devaddr_xml.model.vocabulary import HINTS, NAMESPACE, POLICY, Term

MACHINES = {
    "q35": ("x86_64", "q35"),
    "i440fx": ("x86_64", "pc"),
    "virt": ("aarch64", "virt"),
    "pseries": ("ppc64", "pseries"),
    "s390x": ("s390x", "s390-ccw-virtio"),
    "riscv": ("riscv64", "virt"),
}
DEVICES = (
    '<disk type="file"{}><target dev="{}" bus="virtio"/></disk>',
    '<disk type="file"{}><target dev="{}" bus="virtio"/><alias name="ua-{}"/></disk>',
    '<interface type="network"{}><mac address="52:54:00:00:00:{:02x}"/><model type="virtio"/></interface>',
    '<interface type="network"{}><model type="e1000e"/></interface>',
    '<interface type="network"{}><model type="rtl8139"/></interface>',
    '<hostdev mode="subsystem" type="pci"{}><source><address bus="0x{:x}" slot="1"/></source></hostdev>',
    '<controller type="scsi" model="virtio-scsi"{}/>',
    '<controller type="pci" model="pcie-root-port" index="{}"{}/>',
    '<disk type="file"{}><target dev="{}" bus="scsi"/></disk>',
    '<rng model="virtio"{}><backend model="random">/dev/urandom</backend></rng>',
    '<sound model="ich9"{}/>',
    '<video{}><model type="virtio"/></video>',
    '<video{}><model type="vga" primary="yes"/></video>',
    '<input type="tablet" bus="usb"{}/>',
    '<input type="keyboard" bus="virtio"{}/>',
    '<memballoon model="virtio"{}/>',
    '<filesystem{}><driver type="virtiofs"/><source dir="/a"/><target dir="fs{}"/></filesystem>',
    '<panic model="pvpanic"{}/>',
)


DOMAIN = """<domain type="kvm" xmlns:devaddr="{namespace}">
  <name>guest</name>
  {metadata}
  <memory>{count}048576</memory>
  <vcpu>{count}</vcpu>
  <os><type arch="{arch}" machine="{machine}">hvm</type></os>
  <cpu><numa>{numa}</numa></cpu>
  <devices>
{lines}  </devices>
</domain>
"""


def value(term: Term) -> st.SearchStrategy[str]:
    """A value that the term allows, with few different names and small numbers."""
    names = ["0000:0b:00.0"] if term.pattern else ["a", "b & c"]
    choices = list(term.words) + (names if term.text else [])
    if term.numbers:
        low, high = term.numbers
        choices += [str(number) for number in range(low, min(high, 4) + 1)]
    return st.sampled_from(choices)


@st.composite
def attributes(draw: st.DrawFn, terms: tuple[Term, ...], prefix: str, most: int) -> str:
    chosen = draw(st.lists(st.sampled_from(terms), max_size=most, unique_by=lambda term: term.name))
    return "".join(f" {prefix}{term.name}={quoteattr(draw(value(term)))}" for term in chosen)


@st.composite
def domains(draw: st.DrawFn) -> str:
    """A domain with hints on some devices and entries for some."""
    arch, machine = MACHINES[draw(st.sampled_from(sorted(MACHINES)))]
    cells = draw(st.sampled_from([0, 1, 2, 2, 3]))
    devices = []
    ports = 0
    for number, shape in enumerate(draw(st.lists(st.sampled_from(DEVICES), max_size=8))):
        hints = draw(st.one_of(st.just(""), attributes(HINTS, "devaddr:", 2)))
        letter = chr(97 + number)
        name = f"sd{letter}" if 'bus="scsi"' in shape else f"vd{letter}"
        if "pcie-root-port" in shape:
            ports += 1
            devices.append(shape.format(ports, hints))
        elif "{:" in shape or "fs{}" in shape:
            devices.append(shape.format(hints, number + 16))
        else:
            devices.append(shape.format(hints, name, name))
    entries = [
        f'<devaddr:spare node="{node}" ports="{draw(st.integers(0, 3))}"/>'
        for node in draw(st.sets(st.integers(0, 2), max_size=2))
    ]
    policy = draw(attributes(POLICY, "", 3))
    metadata = (
        f"<metadata>\n    <devaddr:policy{policy}>{''.join(entries)}</devaddr:policy>\n  </metadata>"
        if draw(st.booleans())
        else ""
    )
    numa = "".join(f'<cell id="{cell}" cpus="{cell}" memory="1048576"/>' for cell in range(cells))
    lines = "".join(f"    {device}\n" for device in devices)
    return DOMAIN.format(
        namespace=NAMESPACE, metadata=metadata, count=max(cells, 1), arch=arch, machine=machine, numa=numa, lines=lines
    )


@settings(max_examples=scaled(150), deadline=None)
@given(domains())
def test_hints_are_refused_or_kept(text: str) -> None:
    before = read(parse(text))
    try:
        result = devaddr_xml.assign(text)
    except DevaddrError as error:
        event(f"refused: {type(error).__name__}")
        return
    event("accepted")
    assert not re.search(r"<(?!devaddr:)[^>]* devaddr:", result.xml)
    assert devaddr_xml.assign(result.xml).xml == result.xml
    after = read(parse(result.xml))
    asked_for = [(device.kind, msgspec.structs.asdict(device.hints)) for device in before.devices if device.hints]
    assert all(device.hints is None for device in after.devices)
    if not asked_for and after.policy is None:
        return
    assert after.policy is not None
    assert after.policy.version in (1, 2)
    table = references(after.devices)
    kept = []
    for entry in after.policy.devices:
        (device,) = table[reference_key(entry.ref)]
        kept.append((device.kind, {term.field: getattr(entry, term.field) for term in HINTS}))
    assert sorted(kept, key=repr) == sorted(asked_for, key=repr)
