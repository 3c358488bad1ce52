"""The outline of a layout, and the drawings that are made from it."""

from __future__ import annotations

import json
import re
from itertools import combinations
from types import SimpleNamespace
from xml.etree import ElementTree

import msgspec
import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

import devaddr_xml
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.model.address import CcwAddress, DimmAddress, DriveAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import Controller, Device, Disk, Hub, Input, Interface, Memory, Rng
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.plan import Plan
from devaddr_xml.views.boxes import Box, page
from devaddr_xml.views.comparison import mark
from devaddr_xml.views.dot import as_dot
from devaddr_xml.views.html import as_html
from devaddr_xml.views.outline import Item, Outline, outline
from devaddr_xml.views.svg import as_svg
from devaddr_xml.views.tree import as_text

DOMAIN = """<domain type='kvm'>
  <name>a &lt;b&gt; "c" &amp; d</name>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><target dev='sda' bus='scsi'/></disk>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
    <interface type='user'><mac address='52:54:00:00:00:02'/><model type='e1000'/></interface>
    <input type='tablet' bus='usb'/>
  </devices>
</domain>"""


def layout(guest: Guest) -> Outline:
    return outline(Plan(guest=guest))


def planned() -> Outline:
    return outline(devaddr_xml.plan(read_guest(DOMAIN)))


def find(found: Outline, ref: str) -> Item:
    return next(item for item in found.walk() if item.ref == ref)


def test_every_device_is_shown_once(make: SimpleNamespace) -> None:
    guest = make.expanders()
    guest.devices += [
        make.scsi("sda", 0),
        make.tablet(1),
        Controller(type="usb", index=0, model="ich9-ehci1", address=make.pci("00:1d.7")),
        Controller(type="usb", index=0, model="ich9-uhci1", master_startport=0, address=make.pci("00:1d.0")),
        Memory(model="dimm", address=DimmAddress(slot=0)),
        make.nic(9, "01:00.0"),
        make.nic(10, "77:00.0"),
        Input(type="mouse", bus="ps2"),
        Hub(address=UsbAddress(0, (2,))),
    ]
    found = layout(guest)
    refs = [item.ref for item in found.walk() if item.ref]
    assert len(refs) == len(guest.devices)
    assert len(set(refs)) == len(refs)


def test_nesting(make: SimpleNamespace) -> None:
    found = layout(make.expanders())
    root = found.sections[0]
    assert (root.role, root.bus, root.hotplug) == ("root", "00-02", "never")
    expander = find(found, "pci.3")
    assert (expander.role, expander.node, expander.bus, expander.place) == ("expander", 1, "f0-f3", "00:03.0")
    assert [(child.ref, child.role, child.hotplug) for child in expander.children] == [
        ("pci.4", "port", "default"),
        ("pci.5", "port", "off"),
        ("pci.6", "port", "default"),
    ]
    assert [child.role for child in expander.children[2].children] == ["free"]
    (interface,) = expander.children[0].children
    assert (interface.place, interface.guest, interface.node, interface.names) == (
        "04:00.0",
        "0000:f1:00.0",
        1,
        ("enp241s0",),
    )


def test_additions_and_reasons() -> None:
    found = planned()
    assert find(found, "usb.0").added
    assert not find(found, "vda").added
    assert "lowest" in find(found, "vda").reason
    assert "added (+)" in found.summary


def test_devices_on_controllers_and_elsewhere() -> None:
    devices: list[Device] = [
        Controller(type="scsi", index=0, model="virtio-scsi", address=CcwAddress(0xFE, 0, 2)),
        Disk(target="sda", bus="scsi", address=DriveAddress(0, 0, 1, 3)),
        Rng(model="virtio", address=CcwAddress(0xFE, 0, 1)),
        Disk(target="sdb", bus="scsi", address=DriveAddress(7)),
    ]
    found = layout(Guest(arch="s390x", machine="s390-ccw-virtio", devices=devices))
    assert [(s.label, [c.label for c in s.children]) for s in found.sections] == [
        ("channel devices", ["rng virtio", "scsi.0 virtio-scsi"]),
        ("other devices", ["disk sdb"]),
    ]
    assert [c.place for c in find(found, "scsi.0").children] == ["target 1 unit 3"]


def test_marks(make: SimpleNamespace) -> None:
    old = make.q35(make.nic(1, "01:00.0"), make.nic(2, "02:00.0"))
    new = make.q35(make.nic(1, "03:00.0"), make.disk("vda", "02:00.0"))
    before, after = mark(old, new)
    left, right = outline(Plan(guest=old), before), outline(Plan(guest=new), after)
    assert {i.ref: (i.mark, i.elsewhere) for i in left.walk() if i.mark} == {
        "52:54:00:00:00:01": ("moved", "now 03:00.0"),
        "52:54:00:00:00:02": ("removed", None),
    }
    assert {i.ref: (i.mark, i.elsewhere) for i in right.walk() if i.mark} == {
        "52:54:00:00:00:01": ("moved", "was 01:00.0"),
        "vda": ("added", None),
    }


def test_text() -> None:
    text = as_text([planned()])
    assert "\x1b" not in text
    assert 'a <b> "c" & d  x86_64 q35' in text.splitlines()[0]
    assert re.search(r"─ 00:01\.\d  pci\.\d+ pcie-root-port  bus \w\w.*  \+$", text, re.MULTILINE)
    assert "unit 0  disk sda" in text
    assert "free" in text


def test_text_fits_a_width_and_has_colours_where_asked() -> None:
    text = as_text([planned()], width=50)
    assert max(map(len, text.splitlines())) <= 50
    assert "…" in text
    coloured = as_text([planned()], colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == as_text([planned()])


def test_names_cannot_command_a_terminal() -> None:
    guest = Guest(name="x\x1b[2J", devices=[Disk(target="\x1b]0;evil\x07", address=DriveAddress())])
    assert "\x1b" not in as_text([layout(guest)])
    assert "\x1b" not in as_svg([layout(guest)])
    assert "\x1b" not in as_dot([layout(guest)])


def test_svg_leaves_out_what_xml_cannot_hold() -> None:
    guest = Guest(name="a\x00\ufffe\uffffb", devices=[Disk(target="\ud800x\x1f", address=DriveAddress())])
    text = as_svg([layout(guest)])
    assert ">ab<" in text
    ElementTree.fromstring(text)


def test_svg_is_wellformed_and_says_why() -> None:
    root = ElementTree.fromstring(as_svg([planned()]))
    space = "{http://www.w3.org/2000/svg}"
    titles = {g.get("data-ref"): g.findtext(f"{space}title") for g in root.iter(f"{space}g")}
    assert "lowest" in titles["0:vda"]
    assert "address 00:" in titles["0:pci.1"]
    texts = [t.text for t in root.iter(f"{space}text")]
    assert 'a <b> "c" & d' in texts
    assert "52:54:00:00:00:01" in texts
    assert not [e for e in root.iter() if any(":" in k and not k.startswith("{") for k in e.attrib)]


def test_svg_has_node_areas_and_dashed_free_ports(make: SimpleNamespace) -> None:
    text = as_svg([layout(make.expanders())])
    assert "NUMA cell 1" in text
    assert 'class="free"' in text
    assert 'class="off"' in text
    assert "NUMA node 2" not in text


def test_html_fetches_nothing() -> None:
    text = as_html([planned()])
    assert "default-src 'none'" in text
    assert not re.search(r"(?:src|href)=[\"']?(?!data:)[a-z]", text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert text.count('<li tabindex="0"') == sum(bool(item.ref) for item in planned().walk())


def test_html_is_safe_from_names() -> None:
    guest = Guest(name="</title><script>x</script>", devices=[Disk(target='"><script>alert(1)</script>')])
    text = as_html([layout(guest)])
    assert text.count("<script>") == 1


def test_dot_is_quoted() -> None:
    text = as_dot([layout(Guest(devices=[Disk(target='a"b\\', address=DriveAddress())]))])
    assert r'label="disk a\"b\\\nunit 0"' in text
    assert text.count("{") == text.count("}")


def test_json_of_an_outline() -> None:
    data = json.loads(msgspec.json.encode(planned()))
    assert data["sections"][0]["children"]


@pytest.mark.parametrize("form", [as_text, as_svg, as_html, as_dot])
def test_two_layouts_with_titles(make: SimpleNamespace, form: object) -> None:
    old, new = make.q35(make.nic(1, "01:00.0")), make.q35(make.nic(1, "02:00.0"))
    before, after = mark(old, new)
    text = form([outline(Plan(guest=old), before), outline(Plan(guest=new), after)], ["old.xml", "new.xml"])  # type: ignore[operator]
    assert text.index("old.xml") < text.index("new.xml")
    assert "moved" in text


def boxes_inside(box: Box) -> None:
    """No box leaves the one around it, and no two beside each other overlap."""
    for child in box.children:
        assert child.x >= box.x - 0.01
        assert child.y >= box.y - 0.01
        assert child.x + child.width <= box.x + box.width + 0.01
        assert child.y + child.height <= box.y + box.height + 0.01
        boxes_inside(child)
    for one, other in combinations(box.children, 2):
        beside = one.x + one.width <= other.x + 0.01 or other.x + other.width <= one.x + 0.01
        assert beside or one.y + one.height <= other.y + 0.01 or other.y + other.height <= one.y + 0.01


@settings(max_examples=scaled(60), deadline=None)
@given(st.data())
def test_boxes_never_overlap(make: SimpleNamespace, data: st.DataObject) -> None:
    ports = data.draw(st.integers(0, 40))
    guest = make.q35(ports=ports)
    index = 50
    for port in range(1, ports + 1):
        what = data.draw(st.sampled_from(["free", "one", "eight", "bridge", "switch", "scsi"]))
        if what == "one":
            guest.devices.append(make.nic(port, f"{port:02x}:00.0"))
        elif what == "eight":
            guest.devices += [Interface(mac=f"{port}-{n}", address=PciAddress(bus=port, function=n)) for n in range(8)]
        elif what == "scsi":
            guest.devices.append(Controller(type="scsi", index=port, address=PciAddress(bus=port)))
            guest.devices += [
                Disk(target=f"sd{port}{n}", bus="scsi", address=DriveAddress(port, 0, 0, n))
                for n in range(data.draw(st.integers(1, 90)))
            ]
        elif what == "bridge":
            guest.devices.append(make.bridge(index, "pcie-to-pci-bridge", f"{port:02x}:00.0"))
            guest.devices += [make.nic(n, f"{index:02x}:{n:02x}.0") for n in range(1, data.draw(st.integers(1, 12)))]
            index += 1
        elif what == "switch":
            guest.devices.append(make.bridge(index, "pcie-switch-upstream-port", f"{port:02x}:00.0"))
            for n in range(data.draw(st.integers(0, 6))):
                guest.devices.append(
                    make.bridge(index + n + 1, "pcie-switch-downstream-port", f"{index:02x}:{n:02x}.0")
                )
            index += 7
    for node in range(data.draw(st.integers(0, 4))):
        guest.devices.append(make.bridge(200 + node, "pcie-expander-bus", f"00:{20 + node:02x}.0", node=node))
    boxes_inside(page(layout(guest)))
