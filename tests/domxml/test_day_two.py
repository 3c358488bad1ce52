"""Attaching, detaching and migrating from document to document: what changes, and that nothing else does."""

from __future__ import annotations

import difflib

import pytest

import devaddr_xml
from devaddr_xml import DevaddrError, Guest, Policy
from devaddr_xml.model.policy import DeviceHints, Spare

DOMAIN = """<domain type='kvm'>
  <name>day-two</name>
  <!-- what it is for -->
  <memory unit='GiB'>2</memory>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <cpu><numa><cell id='0' cpus='0' memory='1' unit='GiB'/><cell id='1' cpus='1' memory='1' unit='GiB'/></numa></cpu>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <source file='/größe.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='user'>
      <mac address='52:54:00:00:00:01'/>
      <model type='virtio'/>
    </interface>
    <sound model='ich9'/>
    <sound model='ich6'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""
COMPLETE = devaddr_xml.assign(DOMAIN, policy=Policy(spare_ports=2)).xml
PLAIN = devaddr_xml.assign(DOMAIN).xml
NIC = """<interface type='user' devaddr:hotplug='yes'>
    <!-- the second, für später -->
    <mac address='52:54:00:00:00:02'/>
    <model type='virtio'/>
</interface>
"""


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came, without their indentation."""
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    gone = [line[2:].strip() for line in lines if line[0] == "-"]
    return gone, [line[2:].strip() for line in lines if line[0] == "+"]


def test_attached_device_and_the_domain_with_it() -> None:
    found = devaddr_xml.attach(COMPLETE, NIC, live=True)
    assert found.device_xml == (
        "<interface type='user'>\n"
        "    <!-- the second, für später -->\n"
        "    <mac address='52:54:00:00:00:02'/>\n"
        "    <model type='virtio'/>\n"
        "    <address type='pci' domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>\n"
        "</interface>",
    )
    gone, come = changed(COMPLETE, found.xml)
    assert gone == ["<devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' version='2' spare-ports='2'/>"]
    assert come == [
        "<devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' version='2' spare-ports='2'>",
        "<devaddr:device ref='52:54:00:00:00:02' hotplug='yes'/>",
        "</devaddr:policy>",
        *(line.strip() for line in found.device_xml[0].splitlines()),
    ]
    assert found.added == ()
    assert {type(device.line) for device in found.guest.devices if device.line} == {int}


def test_cold_keeps_the_promise_of_the_policy_and_is_a_fixed_point() -> None:
    found = devaddr_xml.attach(
        COMPLETE, [NIC, "<rng model='virtio'><backend model='random'>/dev/random</backend></rng>"]
    )
    assert [getattr(device, "model", None) for device in found.added] == ["pcie-root-port", "pcie-root-port"]
    assert devaddr_xml.assign(found.xml).xml == found.xml
    assert devaddr_xml.diff(COMPLETE, found.xml).changes
    assert all(change.change == "added" for change in devaddr_xml.diff(COMPLETE, found.xml).changes)


def test_attach_to_a_skeleton_completes_it() -> None:
    found = devaddr_xml.attach(DOMAIN, NIC)
    assert devaddr_xml.assign(found.xml).xml == found.xml
    assert "<!-- what it is for -->" in found.xml
    assert "/größe.qcow2" in found.xml
    assert "für später" in found.xml


def test_attach_on_one_line_and_with_carriage_returns() -> None:
    flat = devaddr_xml.assign("".join(line.strip() for line in DOMAIN.splitlines())).xml
    assert devaddr_xml.assign(devaddr_xml.attach(flat, NIC).xml).xml
    returns = devaddr_xml.assign(DOMAIN.replace("\n", "\r\n")).xml
    found = devaddr_xml.attach(returns, NIC)
    assert "\r\n        <mac address='52:54:00:00:00:02'/>\r\n" in found.xml
    assert "\n" not in found.xml.replace("\r\n", "")


def test_a_controller_stands_with_its_like() -> None:
    found = devaddr_xml.attach(PLAIN, "<controller type='usb' index='1' model='qemu-xhci'/>")
    assert "<controller type='usb' index='1' model='qemu-xhci'>" in found.device_xml[0]
    lines = found.xml.splitlines()
    usb = [number for number, line in enumerate(lines) if "controller type='usb'" in line]
    assert usb[1] - usb[0] < 5
    assert devaddr_xml.assign(found.xml).xml == found.xml


def test_a_status_document_of_a_running_guest() -> None:
    status = f"<domstatus state='running'>\n{COMPLETE}</domstatus>"
    assert (
        devaddr_xml.attach(status, NIC, live=True).device_xml == devaddr_xml.attach(COMPLETE, NIC, live=True).device_xml
    )


def test_errors_name_their_document() -> None:
    with pytest.raises(DevaddrError) as caught:
        devaddr_xml.attach(
            COMPLETE, [NIC, "\n<disk type='file'><source file='/d'/><target dev='vda' bus='virtio'/></disk>"], live=True
        )
    assert str(caught.value).startswith("line 2 of device document 2: disk vda: target name vda is used twice")
    assert "of the domain)" in str(caught.value)


HINTED = devaddr_xml.assign(
    DOMAIN,
    policy=Policy(
        spare_ports=1,
        devices=(
            DeviceHints(ref="sound[2]", placement="bridge"),
            DeviceHints(ref="52:54:00:00:00:01", node=1),
            DeviceHints(ref="vda", hotplug="yes"),
        ),
    ),
).xml


def test_detached_with_its_hints_and_nothing_else() -> None:
    found = devaddr_xml.detach(HINTED, "52:54:00:00:00:01")
    gone, come = changed(HINTED, found.xml)
    assert come == []
    assert gone == [
        "<devaddr:device ref='52:54:00:00:00:01' node='1'/>",
        "<interface type='user'>",
        "<mac address='52:54:00:00:00:01'/>",
        "<model type='virtio'/>",
        next(
            line.strip()
            for line in HINTED.splitlines()
            if "<address" in line and f"bus='0x{bus_of(HINTED):02x}'" in line
        ),
        "</interface>",
    ]
    assert devaddr_xml.assign(found.xml).xml == found.xml


def bus_of(xml: str) -> int:
    """The bus of the first interface."""
    device = next(d for d in devaddr_xml.assign(xml).guest.devices if d.kind == "interface")
    return int(getattr(device.address, "bus", 0))


def test_detached_sound_renames_the_entry_of_the_other() -> None:
    found = devaddr_xml.detach(HINTED, ["sound[1]"])
    gone, come = changed(HINTED, found.xml)
    assert come == ["<devaddr:device ref='sound[1]' placement='bridge'/>"]
    assert gone[0] == "<devaddr:device ref='sound[2]' placement='bridge'/>"
    assert devaddr_xml.assign(found.xml).xml == found.xml


def test_what_comes_after_detach_goes_where_it_was() -> None:
    small = devaddr_xml.detach(PLAIN, "vda").xml
    again = devaddr_xml.attach(
        small, "<disk type='file' device='disk'><source file='/d'/><target dev='vdb' bus='virtio'/></disk>"
    )
    assert str(again.devices[0].address) in PLAIN.replace("' slot", "") or again.added == ()
    assert again.added == ()


def test_migrated_by_additions() -> None:
    found = devaddr_xml.migrate(PLAIN, Policy(spare_ports=3, spares=(Spare(1, 1),)))
    assert {change.change for change in found.diff.changes} == {"added"}
    assert found.unmet == ()
    assert devaddr_xml.assign(found.xml).xml == found.xml
    assert devaddr_xml.migrate(found.xml).xml == found.xml


def test_migrated_anew_with_the_difference() -> None:
    found = devaddr_xml.migrate(PLAIN, Policy(profile="integrated"), keep="none")
    assert {(c.change, c.ref) for c in found.diff.changes if c.kind in ("disk", "interface")} == {
        ("moved", "vda"),
        ("moved", "52:54:00:00:00:01"),
    }
    assert found.diff.changes == devaddr_xml.diff(PLAIN, found.xml).changes
    assert devaddr_xml.assign(found.xml).xml == found.xml
    assert "<!-- what it is for -->" in found.xml
    kept = devaddr_xml.migrate(PLAIN, Policy(profile="integrated"), keep=["vda"])
    assert {c.ref for c in kept.diff.changes if c.kind == "disk"} == set()


def test_a_controller_with_more_to_it_stays() -> None:
    marked = PLAIN.replace(
        "<controller type='pci' index='1' model='pcie-root-port'>",
        "<controller type='pci' index='1' model='pcie-root-port'>\n      <driver iommu='on'/>",
    )
    assert marked != PLAIN
    found = devaddr_xml.migrate(marked, Policy(profile="integrated"), keep="none")
    assert "<driver iommu='on'/>" in found.xml
    assert found.xml.count("pcie-root-port") < marked.count("pcie-root-port")


@pytest.mark.parametrize(
    ("policy", "attributes"),
    [
        (None, "version='2' profile='libvirt'"),
        (Policy(profile="hotplug"), "version='2' profile='hotplug'"),
        (Policy(spare_ports=3, numa="prefer"), "version='2' spare-ports='3' numa='prefer'"),
    ],
)
@pytest.mark.parametrize("xml", [DOMAIN, PLAIN], ids=["skeleton", "complete"])
def test_freeze_writes_the_policy_and_nothing_else(xml: str, policy: Policy | None, attributes: str) -> None:
    found = devaddr_xml.migrate(xml, policy, freeze=True)
    gone, come = changed(xml, found.xml)
    assert gone == []
    assert come == [
        "<metadata>",
        f"<devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' {attributes}/>",
        "</metadata>",
    ]
    assert found.diff.same
    assert found.guest.to_json() == Guest.from_json(found.guest.to_json()).to_json()
    assert devaddr_xml.migrate(found.xml, freeze=True).xml == found.xml


def test_freeze_keeps_hints_and_refuses_what_could_not_be() -> None:
    hinted = DOMAIN.replace(
        "<sound model='ich6'/>", "<sound model='ich6' d:hotplug='yes' xmlns:d='urn:devaddr-xml:hints:1'/>"
    )
    found = devaddr_xml.migrate(hinted, freeze=True)
    assert "<sound model='ich6'/>" in found.xml
    assert "<devaddr:device ref='sound[2]' hotplug='yes'/>" in found.xml
    with pytest.raises(DevaddrError, match="NUMA"):
        devaddr_xml.migrate(DOMAIN, Policy(devices=(DeviceHints(ref="vda", node=9),)), freeze=True)
