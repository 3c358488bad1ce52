"""Hints read from a document, and written into the one policy of the output."""

from __future__ import annotations

import pytest

import devaddr_xml
from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.policy_file import read_policy_file
from devaddr_xml.domxml.reader import read
from devaddr_xml.model.errors import DocumentError, HintError
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import DeviceHints, Policy, Spare

NAMESPACE = "urn:devaddr-xml:hints:1"

SKELETON = """<domain type="kvm"{root}>
  <name>guest</name>
{metadata}  <memory>4194304</memory>
  <vcpu>2</vcpu>
  <os><type arch="x86_64" machine="q35">hvm</type></os>
  <cpu><numa><cell id="0" cpus="0" memory="1"/><cell id="1" cpus="1" memory="1"/></numa></cpu>
  <devices>
{devices}  </devices>
</domain>
"""


def domain(devices: str = "", metadata: str = "", root: str = f' xmlns:devaddr="{NAMESPACE}"') -> str:
    return SKELETON.format(devices=devices, metadata=metadata, root=root)


def metadata(policy: str) -> str:
    return f"  <metadata>\n    {policy}\n  </metadata>\n"


def disk(name: str, hints: str = "") -> str:
    return f'    <disk type="file"{hints}><source file="/{name}"/><target dev="{name}" bus="virtio"/></disk>\n'


def policy_text(xml: str) -> str:
    """The policy of a document, as it is written."""
    start = xml.index("<devaddr:policy")
    end = xml.find("</devaddr:policy>")
    return xml[start : end + len("</devaddr:policy>")] if end >= 0 else xml[start : xml.index("/>", start) + 2]


def test_hints_on_devices() -> None:
    guest = read(parse(domain(disk("vda", ' devaddr:node="1" devaddr:root-complex="a b"') + disk("vdb"))))
    assert [device.hints for device in guest.devices] == [Hints(node=1, root_complex="a b"), None]
    assert guest.policy is None


def test_the_policy_with_its_lines() -> None:
    text = (
        '<devaddr:policy numa="prefer" spare-ports="3">\n<devaddr:spare node="1" ports="2"/>\n\n'
        '<devaddr:device ref="vda" hotplug="no"/></devaddr:policy>'
    )
    guest = read(parse(domain(disk("vda"), metadata(text))))
    assert guest.policy == Policy(
        numa="prefer",
        spare_ports=3,
        spares=(Spare(1, 2, line=5),),
        devices=(DeviceHints(ref="vda", hotplug="no", line=7),),
        line=4,
    )


WRONG = {
    "an unknown hint": (disk("vda", ' devaddr:nod="1"'), "", 8, 'there is no hint "nod". Did you mean "node"'),
    "a wrong value": (
        disk("vda") + disk("vdb", ' devaddr:hotplug="on"'),
        "",
        9,
        'disk vdb: hotplug="on" is not one of yes or no',
    ),
    "an unknown tunable": (
        "",
        metadata('<devaddr:policy numas="off"/>'),
        4,
        'there is no tunable "numas". Did you mean "numa"',
    ),
    "a prefix in the policy": (
        "",
        metadata('<devaddr:policy devaddr:numa="off"/>'),
        4,
        'Inside the policy it is "numa", without prefix',
    ),
    "an unknown element": (
        "",
        metadata("<devaddr:policy>\n<devaddr:spares/></devaddr:policy>"),
        5,
        'Did you mean "spare"',
    ),
    "a missing attribute": (
        "",
        metadata('<devaddr:policy><devaddr:spare node="1"/></devaddr:policy>'),
        4,
        'needs the attribute "ports"',
    ),
    "an unknown version": ("", metadata('<devaddr:policy version="3"/>'), 4, 'version="3" is not a number from 1 to 2'),
    "two policies": ("", metadata("<devaddr:policy/>\n<devaddr:policy/>"), 5, "the first one is on line 4"),
    "a policy outside the metadata": ("    <devaddr:policy/>\n", "", 8, "in the <metadata> of the domain"),
    "another element in the metadata": ("", metadata("<devaddr:hints/>"), 4, "<devaddr:hints> is not known here"),
    "a hint on a part of a device": (
        '    <disk type="file"><target dev="vda" bus="virtio" devaddr:node="1"/></disk>\n',
        "",
        8,
        "node is on <target>, which is not a device",
    ),
    "a hint on what is not a device": (
        '    <emulator devaddr:node="1">/x</emulator>\n',
        "",
        8,
        "node is on <emulator>",
    ),
    "a wrong hint on what is not a device": ('    <emulator devaddr:nod="1">/x</emulator>\n', "", 8, 'no hint "nod"'),
    "a hint on the metadata": ("", '  <metadata devaddr:node="1"/>\n', 3, "not known here"),
    "another version of the namespace": (
        '    <disk type="file" xmlns:d="urn:devaddr-xml:hints:2" d:node="1"><target dev="vda"/></disk>\n',
        "",
        8,
        f'It is "{NAMESPACE}"',
    ),
    "text": ("", metadata("<devaddr:policy>strict</devaddr:policy>"), 4, "the text 'strict' has no meaning"),
}


@pytest.mark.parametrize(("devices", "meta", "line", "words"), WRONG.values(), ids=WRONG)
def test_mistakes_are_told_with_their_line(devices: str, meta: str, line: int, words: str) -> None:
    with pytest.raises(HintError) as caught:
        read(parse(domain(devices, meta)))
    assert words in str(caught.value)
    assert caught.value.line == line


def test_foreign_metadata_is_nobodys_business() -> None:
    foreign = '<app:x xmlns:app="urn:app" devaddr:node="x"><devaddr:policy numa="what"/></app:x>'
    assert read(parse(domain("", metadata(foreign)))).policy is None


def test_hints_move_into_the_metadata() -> None:
    devices = (
        disk("vda", ' devaddr:node="1"')
        + disk("vdb")
        + disk("vdc", " devaddr:hotplug='no' devaddr:slot-group='a &amp; b'")
    )
    xml = devaddr_xml.assign(domain(devices)).xml
    assert policy_text(xml) == (
        '<devaddr:policy version="2">\n'
        '      <devaddr:device ref="vda" node="1"/>\n'
        '      <devaddr:device ref="vdc" hotplug="no" slot-group="a &amp; b"/>\n'
        "    </devaddr:policy>"
    )
    assert f"  <name>guest</name>\n  <metadata>\n    {policy_text(xml)}\n  </metadata>\n  <memory>" in xml
    assert '<disk type="file"><source file="/vdc"/>' in xml
    assert devaddr_xml.assign(xml).xml == xml


def test_a_namespace_that_is_declared_on_the_device_goes_with_its_hints() -> None:
    devices = disk("vda", f' xmlns:h="{NAMESPACE}" h:node="1"')
    xml = devaddr_xml.assign(domain(devices, root="")).xml
    assert policy_text(xml).startswith(f'<devaddr:policy xmlns:devaddr="{NAMESPACE}" version="2">')
    assert '<disk type="file"><source' in xml
    assert "xmlns:h" not in xml
    assert devaddr_xml.assign(xml).xml == xml


def test_the_prefix_of_the_document_is_used() -> None:
    xml = devaddr_xml.assign(domain(disk("vda", ' h:node="1"'), root=f' xmlns:h="{NAMESPACE}"')).xml
    assert '<h:policy version="2">\n      <h:device ref="vda" node="1"/>\n    </h:policy>' in xml
    xml = devaddr_xml.assign(
        domain(disk("vda"), metadata(f'<policy xmlns="{NAMESPACE}" spare-ports="2"/>')),
        policy=Policy(spares=(Spare(1, 1),)),
    ).xml
    assert (
        f'<policy xmlns="{NAMESPACE}" version="2" spare-ports="2">\n      <spare node="1" ports="1"/>\n    </policy>'
        in xml
    )


def test_existing_metadata_stays() -> None:
    xml = devaddr_xml.assign(
        domain(disk("vda", ' devaddr:node="1"'), metadata('<!-- ours --><app:x xmlns:app="urn:app"/>'))
    ).xml
    assert '    <!-- ours --><app:x xmlns:app="urn:app"/>' in xml
    assert xml.index("app:x") < xml.index("<devaddr:policy") < xml.index("</metadata>")


def test_without_hints_nothing_is_written() -> None:
    for policy in (None, Policy(), Policy(profile="libvirt"), Policy(version=1, spare_ports="libvirt")):
        assert "devaddr:policy" not in devaddr_xml.assign(domain(disk("vda")), policy=policy).xml


COMPLETE = """<devaddr:policy  version="1" numa='strict'>
      <!-- the reason -->
      <devaddr:device hotplug="yes"   ref="disk[1]"/>

      <devaddr:device ref="disk[1]" node="0" ></devaddr:device>
    </devaddr:policy>"""


def test_a_policy_that_says_everything_stays_as_it_is_written() -> None:
    xml = devaddr_xml.assign(domain(disk("vda"), metadata(COMPLETE))).xml
    assert COMPLETE in xml
    assert devaddr_xml.assign(xml).xml == xml


def test_a_policy_is_completed_in_place() -> None:
    entry = '<devaddr:device ref="vda" hotplug="no"/>'
    old = f'<devaddr:policy numa="strict"><!-- c -->\n      {entry}\n    </devaddr:policy>'
    devices = disk("vda", ' devaddr:node="1"') + disk("vdb", ' devaddr:node="0"')
    xml = devaddr_xml.assign(domain(devices, metadata(old))).xml
    assert policy_text(xml) == (
        '<devaddr:policy version="2" numa="strict"><!-- c -->\n'
        '      <devaddr:device ref="vda" node="1" hotplug="no"/>\n'
        '      <devaddr:device ref="vdb" node="0"/>\n'
        "    </devaddr:policy>"
    )
    assert devaddr_xml.assign(xml).xml == xml


def test_a_policy_from_outside_wins_and_is_kept() -> None:
    old = (
        '<devaddr:policy version="1" profile="packed" spare-ports="1"><devaddr:spare node="0" ports="1"/>'
        '<devaddr:device ref="vda" node="0"/></devaddr:policy>'
    )
    outside = Policy(
        spare_ports=2,
        numa="prefer",
        spares=(Spare(0, 3), Spare(1, 1)),
        devices=(DeviceHints(ref="disk[1]", node=1, hotplug="yes"),),
    )
    xml = devaddr_xml.assign(domain(disk("vda"), metadata(old)), policy=outside).xml
    assert policy_text(xml) == (
        '<devaddr:policy version="1" profile="packed" spare-ports="2" numa="prefer"><devaddr:spare node="0" ports="3"/>'
        '<devaddr:device ref="vda" node="1" hotplug="yes"/><devaddr:spare node="1" ports="1"/></devaddr:policy>'
    )
    assert devaddr_xml.assign(xml, policy=outside).xml == xml
    assert devaddr_xml.assign(xml).xml == xml


def test_a_hint_twice_with_two_values_names_both_lines() -> None:
    text = '<devaddr:policy><devaddr:device ref="vda" node="0"/></devaddr:policy>'
    with pytest.raises(HintError, match=r'disk vda: the hint node is "1" \(line 11\) and "0" \(line 4\)') as caught:
        devaddr_xml.assign(domain(disk("vda", ' devaddr:node="1"'), metadata(text)))
    assert {caught.value.line, caught.value.other_line} == {4, 11}
    devaddr_xml.assign(domain(disk("vda", ' devaddr:node="0"'), metadata(text)))


def test_what_numa_off_ignores_is_kept() -> None:
    text = '<devaddr:policy numa="off"/>'
    xml = devaddr_xml.assign(domain(disk("vda", ' devaddr:node="1"'), metadata(text))).xml
    assert '<devaddr:policy version="2" numa="off">\n      <devaddr:device ref="vda" node="1"/>' in xml
    assert "expander" not in xml
    assert devaddr_xml.assign(xml).xml == xml


def test_references_go_on_naming_their_device() -> None:
    devices = (
        '    <controller type="scsi" model="virtio-scsi" devaddr:node="1"/>\n'
        '    <video devaddr:hotplug="no"><model type="virtio"/></video>\n'
        '    <video><model type="qxl" primary="yes"/></video>\n'
    )
    xml = devaddr_xml.assign(domain(devices)).xml
    assert '<devaddr:device ref="scsi.0" node="1"/>' in xml
    assert '<devaddr:device ref="video[2]" hotplug="no"/>' in xml
    assert devaddr_xml.assign(xml).xml == xml
    text = (
        '<devaddr:policy><devaddr:device ref="controller[1]" node="1"/>'
        '<devaddr:device ref="video[1]" hotplug="no"/></devaddr:policy>'
    )
    again = devaddr_xml.assign(domain(devices, metadata(text))).xml
    assert '<devaddr:device ref="scsi.0" node="1"/><devaddr:device ref="video[2]" hotplug="no"/>' in again
    assert devaddr_xml.assign(again).xml == again


def test_a_controller_that_no_reference_names() -> None:
    devices = (
        '    <controller type="usb" index="0" model="ich9-ehci1"/>\n'
        '    <controller type="usb" index="0" model="ich9-uhci1" devaddr:hotplug="no"/>\n'
    )
    with pytest.raises(HintError, match="alias of its own"):
        devaddr_xml.assign(domain(devices))


@pytest.mark.parametrize(
    "text", ["<domain/>", f'<devaddr:spare xmlns:devaddr="{NAMESPACE}" node="1" ports="1"/>', "<policy/>", "<"]
)
def test_files_that_hold_no_policy(text: str) -> None:
    with pytest.raises(DocumentError):
        read_policy_file(text)


def test_policy_files() -> None:
    expected = Policy(profile="packed", devices=(DeviceHints(ref="vda", node=1, line=2),), line=1)
    entry = '<devaddr:device ref="vda" node="1"/>'
    xml = f'<devaddr:policy xmlns:devaddr="{NAMESPACE}" profile="packed">\n{entry}</devaddr:policy>'
    assert read_policy_file(xml) == expected
    assert read_policy_file(xml.encode("utf-16")) == expected
    assert (
        read_policy_file(b' {"profile": "packed", "devices": [{"ref": "vda", "node": 1, "line": 2}], "line": 1}')
        == expected
    )
    with pytest.raises(HintError, match="exclude each other"):
        read_policy_file(xml.replace('node="1"', 'hotplug="yes" port-hotplug="off"'))
