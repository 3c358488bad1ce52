"""The check of a document: every kind of finding, each with its line, and agreement with assign."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from recorded import Recorded

import devaddr_xml
from devaddr_xml import DevaddrError, Policy, Report
from devaddr_xml.domxml.preservation import lost
from devaddr_xml.domxml.schema import installed_schema, objections, tree_of

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

POLICY = "<metadata><devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' version='1'{}</metadata>"
DOMAIN = """<domain type='kvm' xmlns:devaddr='urn:devaddr-xml:hints:1'>
  <name>checked</name>
  METADATA
  <memory unit='GiB'>1</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    DEVICES
  </devices>
</domain>
"""
NIC = "<interface type='user'><mac address='52:54:00:00:00:0{}'/><model type='virtio'/>{}</interface>"
BEHIND_PORT = "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>"
PORT = "<controller type='pci' index='{0}' model='pcie-root-port'><target chassis='{1}' port='0x{2}'/>{3}</controller>"
SCHEMA = installed_schema()


def domain(*devices: str, metadata: str = "") -> str:
    return DOMAIN.replace("METADATA", metadata).replace("DEVICES", "\n    ".join(devices))


def at(slot: int, function: int = 0, bus: int = 0) -> str:
    return f"<address type='pci' bus='0x{bus:02x}' slot='0x{slot:02x}' function='0x{function}'/>"


TWO_CHASSIS = (PORT.format(1, 7, 10, at(2)), PORT.format(2, 7, 18, at(3)))
EXPANDER = "<controller type='pci' index='{0}' model='pcie-expander-bus'><target busNr='{1}'/>{2}</controller>"
TWO_TREES = (
    EXPANDER.format(1, 250, at(4)),
    EXPANDER.format(2, 251, at(5)),
    *(PORT.format(3 + n, 3 + n, n, at(0, n, 1)) for n in range(2)),
)

#: Devices that there are not, so that nothing is added.
NOTHING_MORE = ("<controller type='usb' model='none'/>", "<memballoon model='none'/>")

#: A document and the findings that it must have: severity, subject, line, rule, words.
FINDINGS: dict[str, tuple[str, tuple[str, str, int | None, int | None, str]]] = {
    "not well-formed": ("<domain>\n<devices></domain>", ("error", "document", 2, None, "not well-formed XML")),
    "no domain": ("<network/>", ("error", "document", 1, None, "the document is a network, not a domain")),
    "a document type": ("<!DOCTYPE domain SYSTEM 'x'><domain/>", ("error", "document", 1, None, "document type")),
    "a value": (
        domain("<controller type='pci' index='x' model='pcie-root'/>"),
        ("error", "document", 7, None, "attribute 'index' of <controller> is 'x'"),
    ),
    "an unknown tunable": (
        domain(metadata=POLICY.format(" spares='2'/>")),
        ("error", "hints", 3, None, 'there is no tunable "spares"'),
    ),
    "an unknown hint on a device": (
        domain(NIC.format(1, ""), NIC.format(2, "").replace("type='user'", "type='user' devaddr:nod='1'")),
        ("error", "hints", 8, None, 'there is no hint "nod"'),
    ),
    "a hint that nobody reads": (
        domain(NIC.format(1, "<link state='up' devaddr:node='1'/>")),
        ("error", "hints", 7, None, "node is on <link>, which is not a device"),
    ),
    "a reference to nothing": (
        domain(metadata=POLICY.format("><devaddr:device ref='vdx' hotplug='yes'/></devaddr:policy>")),
        ("error", "layout", 3, None, 'the reference "vdx" names no device'),
    ),
    "a node that cannot be": (
        domain(NIC.format(1, "").replace("type='user'", "type='user' devaddr:node='1'")),
        ("error", "layout", 7, None, "the guest has no NUMA cells"),
    ),
    "a place that two have": (
        domain(NIC.format(1, BEHIND_PORT), NIC.format(2, BEHIND_PORT)),
        ("error", "layout", 8, None, "is used twice"),
    ),
    "a chassis that two have": (domain(*TWO_CHASSIS), ("warning", "layout", 8, None, "chassis 7 is used twice")),
    "a chassis that two have, under a policy": (
        domain(*TWO_CHASSIS, metadata=POLICY.format(" spare-ports='1'/>")),
        ("error", "layout", 8, "usable", "chassis 7 is used twice"),
    ),
    "trees that overlap": (
        domain(*TWO_TREES, metadata=POLICY.format(" spare-ports='1'/>")),
        ("error", "layout", 7, "bus-numbers-apart", "bus numbers 250 to 252"),
    ),
    "a device on a node by its address": (
        domain(
            EXPANDER.format(1, 250, at(4)).replace(
                "<target busNr='250'/>", "<target busNr='250'><node>0</node></target>"
            ),
            PORT.format(2, 2, 0, at(0, bus=1)),
            NIC.format(1, at(0, bus=2)),
        ).replace("<devices>", "<cpu><numa><cell id='0' cpus='0' memory='1' unit='GiB'/></numa></cpu><devices>"),
        ("warning", "layout", 9, "numa-cells", "on NUMA cell 0, and no hint says that it belongs there"),
    ),
    "no room for more": (
        domain(*NOTHING_MORE).replace("machine='q35'", "machine='isapc'"),
        ("note", "layout", 6, "room-to-grow", "no room for one more network card"),
    ),
    "a skeleton": (
        domain(NIC.format(1, "")),
        ("note", "layout", 6, None, "it is not complete: assign would give 1 devices an address"),
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_finding(golden: Recorded, name: str) -> None:
    xml, (severity, subject, line, rule, words) = FINDINGS[name]
    report = devaddr_xml.check(xml)
    found = [each for each in report.findings if words in each.message]
    assert [(each.severity, each.subject, each.line, each.rule) for each in found] == [(severity, subject, line, rule)]
    assert report.ok == (severity != "error")
    assert json.loads(report.to_json())["ok"] == report.ok
    if subject != "document":
        golden(*(f"{each.severity} {each.subject} {each.line} {each.rule}: {each.message}" for each in report.findings))


def test_errors_of_every_kind_are_found_together() -> None:
    xml = domain(
        NIC.format(1, BEHIND_PORT),
        NIC.format(2, BEHIND_PORT).replace("type='user'", "type='user' devaddr:hotplug='maybe'"),
        metadata=POLICY.format(" spares='2'><devaddr:device ref='a' nod='1'/></devaddr:policy>"),
    )
    report = devaddr_xml.check(xml)
    assert {(each.subject, each.line) for each in report.findings if each.severity == "error"} == {
        ("hints", 3),
        ("hints", 8),
        ("layout", 8),
    }
    assert [each.line for each in report.findings] == sorted(each.line or 0 for each in report.findings)


def test_several_checks_speak_at_once() -> None:
    xml = domain(
        "<video><model type='nonsense'/></video>",
        "<disk type='file' device='cdrom'><target dev='vda' bus='virtio'/></disk>",
        *TWO_CHASSIS,
        metadata=POLICY.format(" spare-ports='1'/>"),
    )
    errors = [each for each in devaddr_xml.check(xml).findings if each.severity == "error"]
    assert len({each.message for each in errors}) >= 2


def test_a_finished_document_has_nothing() -> None:
    complete = devaddr_xml.assign(domain(NIC.format(1, "")), policy=Policy(spare_ports=2)).xml
    assert devaddr_xml.check(complete) == Report()


def test_lines_are_those_of_the_holder() -> None:
    xml = domain(NIC.format(1, BEHIND_PORT), NIC.format(2, BEHIND_PORT))
    (finding,) = devaddr_xml.check(f"<domainsnapshot>\n  <name>s</name>\n{xml}</domainsnapshot>").findings
    assert finding.line == 10


def test_a_policy_from_outside_is_looked_at() -> None:
    xml = devaddr_xml.assign(domain(*TWO_CHASSIS)).xml
    assert devaddr_xml.check(xml).ok
    assert not devaddr_xml.check(xml, policy=Policy(profile="hotplug")).ok


@pytest.mark.skipif(SCHEMA is None, reason="libvirt's schemas are not installed")
class TestSchema:
    """libvirt's own grammar."""

    @pytest.mark.parametrize(
        ("device", "line", "words"),
        [
            (NIC.format(1, "<bogus/>"), 7, "there is no element <bogus>"),
            (
                "<rng model='virtio' speed='9'><backend model='random'/></rng>",
                7,
                "<rng>: speed='9' is not allowed there",
            ),
            ("<rng/>", 7, "<rng> does not match libvirt's grammar there"),
            ("<watchdog model='dog'/>", 7, "<watchdog model='dog'> does not match libvirt's grammar there"),
            (NIC.format(1, "\n<address type='pci' slot='0x40'/>"), 8, "<address>: slot='0x40' is not allowed there"),
        ],
    )
    def test_what_is_at_fault(self, device: str, line: int, words: str) -> None:
        assert SCHEMA is not None
        found = objections(tree_of(domain(device)), SCHEMA)
        assert [(each.line, words in each.message) for each in found] == [(line, True)]
        report = devaddr_xml.check(domain(device), schema=SCHEMA)
        own = [each for each in report.findings if each.subject == "schema" and each.message == found[0].message]
        assert [(each.severity, each.line) for each in own] == [("warning", line)]
        assert report.schema == str(SCHEMA)

    def test_elsewhere_than_in_a_device(self) -> None:
        assert SCHEMA is not None
        found = objections(tree_of(domain().replace("<devices>", "<bogus/>\n<devices>")), SCHEMA)
        assert [(each.line, each.message) for each in found] == [(6, "there is no element <bogus>")]

    def test_hints_on_devices_are_no_matter(self) -> None:
        assert SCHEMA is not None
        hinted = domain(NIC.format(1, "").replace("type='user'", "type='user' devaddr:hotplug='yes'"))
        assert objections(tree_of(hinted), SCHEMA) == []

    def test_what_completing_brings_is_a_warning(self) -> None:
        report = devaddr_xml.check(domain(NIC.format(1, "")), schema=SCHEMA)
        assert report.ok
        assert {each.rule for each in report.findings if each.subject == "schema"} <= {"fixed-point"}

    def test_a_schema_that_is_none(self, tmp_path: Path) -> None:
        broken = tmp_path / "domain.rng"
        broken.write_text("<grammar")
        report = devaddr_xml.check(domain(NIC.format(1, "")), schema=broken)
        assert report.ok
        assert any("cannot be used" in each.message for each in report.findings)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("<domain><!-- a --><name>x</name></domain>", "<domain><!-- a --><name>x</name></domain>", []),
        ("<domain><!-- a --></domain>", "<domain/>", ["<!-- a -->"]),
        ("<domain><name>x</name></domain>", "<domain><name>y</name></domain>", ["<name>x"]),
        ("<domain><devices><lease/></devices></domain>", "<domain><devices/></domain>", ["<lease>"]),
        (
            "<domain><devices><rng model='virtio'><backend model='egd'/></rng></devices></domain>",
            "<domain><devices><rng model='virtio'><backend model='random'/></rng></devices></domain>",
            ["<rng> <backend model='egd'>"],
        ),
        (
            "<domain><devices><rng model='virtio' x='1'/></devices></domain>",
            "<domain><devices><rng model='virtio-transitional'><address type='pci'/></rng></devices></domain>",
            ["<rng x='1'>"],
        ),
    ],
)
def test_what_is_lost(before: str, after: str, expected: list[str]) -> None:
    assert lost(tree_of(before), tree_of(after)) == expected


def test_check_and_assign_agree_on_the_recorded_documents(shared: Path) -> None:
    import gzip

    with gzip.open(shared / "conformance" / "upstream.jsonl.gz", "rt") as file:
        cases = [json.loads(line) for line in file][::9]
    for case in cases:
        try:
            devaddr_xml.assign(case["in"])
            refused = False
        except DevaddrError:
            refused = True
        report = devaddr_xml.check(case["in"])
        assert report.ok != refused, case["id"]
        assert not [
            each
            for each in report.findings
            if each.severity == "error" and each.rule in ("layout-stable", "room-to-grow", "document-kept")
        ], case["id"]


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("expected/**/*.xml")), ids=lambda path: path.stem)
def test_what_assign_made_has_no_error(path: Path) -> None:
    """Whatever is complete is no error, under a policy too, and is not told apart by the lines of its policy."""
    report = devaddr_xml.check(path.read_bytes())
    assert [finding.explanation for finding in report.findings if finding.severity == "error"] == []
    assert not any("it is free" in finding.message for finding in report.findings)


@pytest.mark.parametrize(
    ("document", "missing"),
    [
        ("<domain type='kvm'>{os}</domain>", {"name", "memory"}),
        ("<domain type='kvm'><name> </name><memory>1</memory>{os}</domain>", {"name"}),
        ("<domain type='kvm'><name>a</name>{os}</domain>", {"memory"}),
        (
            "<domain type='kvm'><name>a</name>{os}<cpu><numa><cell cpus='0' memory='512'/></numa></cpu></domain>",
            set(),
        ),
    ],
)
def test_what_libvirt_wants_and_no_address_depends_on(document: str, missing: set[str]) -> None:
    """A skeleton may do without, so that assign is silent."""
    text = document.format(os="<os><type arch='x86_64' machine='q35'>hvm</type></os>")
    warned = [each for each in devaddr_xml.check(text).findings if each.message.startswith("the domain has no <")]
    assert {each.message.split("<")[1].split(">")[0] for each in warned} == missing
    assert {each.severity for each in warned} <= {"warning"}
    assert not any("the domain has no <" in each.message for each in devaddr_xml.assign(text).warnings)
