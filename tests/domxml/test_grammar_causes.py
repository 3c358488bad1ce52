"""What libvirt's grammar does not allow, in words of ours: cause, line, and what helps."""

from __future__ import annotations

import pytest

from devaddr_xml.domxml.schema import installed_schema, objections, tree_of
from devaddr_xml.operations.check import Report, without_grammar

SCHEMA = installed_schema()
DOMAIN = (
    "<domain type='kvm'>\n<name>x</name>\nTOP\n<memory unit='GiB'>1</memory>\n"
    "<os><type arch='x86_64' machine='q35'>hvm</type></os>\n<devices>\nDEVICE\n</devices></domain>"
)
DISK = "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>"  # fmt: skip # noqa: E501
TOP, DEVICE = 3, 7

#: What is put where, the words of the finding, and those of the remedy.
CASES: tuple[tuple[int, str, str, str], ...] = (
    (TOP, "<title></title>", "<title> is empty", "remove it"),
    (TOP, "<title>a\nb</title>", "more than one line", "on one line"),
    (TOP, "<uuid>123</uuid>", "'123' is not a UUID", "uuidgen"),
    (TOP, "<vcpu>two</vcpu>", "'two' is not allowed", "whole number"),
    (TOP, "<vcpu>2</vcpu><vcpu>3</vcpu>", "a second <vcpu>", "Remove one"),
    (TOP, "<features><acpi/><apic eoi='yes'/></features>", "eoi='yes'", "on or off"),
    (TOP, "<qwertz/>", "no element <qwertz>", "<metadata>"),
    (TOP, "<vcpuu>2</vcpuu>", "no element <vcpuu>", "Did you mean <vcpu"),
    (TOP, "<currentMemory unit='Gx'>1</currentMemory>", "unit 'Gx' is not known", "GiB"),
    (TOP, "<currentMemory unit='GiB'>1.5</currentMemory>", "not a whole number: '1.5'", "smaller unit"),
    (TOP, "<clock offset='utcc'/>", "offset='utcc'", "Did you mean utc?"),
    (DEVICE, "<emulator>qemu</emulator>", "relative path: 'qemu'", "absolute path"),
    (DEVICE, "<emulator>/a</emulator><emulator>/b</emulator>", "a second <emulator>", "Remove one"),
    (DEVICE, DISK.replace("/a", "a"), "relative path: 'a'", "absolute path"),
    (DEVICE, DISK.replace("vda", "vda\u00a0"), "dev of <target> has a non-breaking space (U+00A0)", "ordinary space"),
    (DEVICE, DISK.replace("<source", "\u00a0<source"), "the text in <disk> has a non-breaking space", "ordinary space"),
    (DEVICE, DISK.replace("<source", "<sorce"), "no element <sorce>", "Did you mean <source>?"),
    (DEVICE, DISK.replace("bus=", "buss="), "no attribute buss", "Did you mean bus?"),
    (DEVICE, DISK.replace("'virtio'", "'Virtio'"), "bus='Virtio'", "Did you mean virtio?"),
    (DEVICE, DISK.replace("'file'", "'fil'"), "type='fil'", "Did you mean file?"),
    (DEVICE, DISK.replace("<source", "text<source"), "text between its elements: 'text'", "Remove the text"),
    (DEVICE, DISK.replace("</disk>", "<boot order='first'/></disk>"), "order='first'", "whole number"),
    (DEVICE, "<controller type='usb' index='x'/>", "index='x'", "whole number"),
    (DEVICE, "<graphics type='vnc' autoport='on'/>", "autoport='on'", "yes or no"),
    (
        DEVICE,
        "<interface type='network'><mac address='53:54:00:00:00:01'/><source network='n'/></interface>",
        "is not a MAC address",
        "the first pair even",
    ),
    (DEVICE, "<memballoon model='virtio'/><memballoon model='none'/>", "a second <memballoon>", "Remove one"),
    (DEVICE, "<rng/>", "<rng> does not match libvirt's grammar there", "may lack"),
)


@pytest.mark.skipif(SCHEMA is None, reason="libvirt's schemas are not installed")
@pytest.mark.parametrize(("line", "text", "words", "remedy"), CASES, ids=[text[:30] for _, text, _, _ in CASES])
def test_causes(line: int, text: str, words: str, remedy: str) -> None:
    assert SCHEMA is not None
    xml = DOMAIN.replace("TOP" if line == TOP else "DEVICE", text).replace("TOP", "").replace("DEVICE", "")
    found = objections(tree_of(xml), SCHEMA)
    matching = [each for each in found if words in each.message]
    assert matching, found
    assert (matching[0].line, remedy in matching[0].remedy) == (line, True)


def test_the_report_says_that_there_was_no_grammar() -> None:
    report = without_grammar(Report())
    assert [(note.severity, note.subject, note.line) for note in report.findings] == [("note", "schema", 1)]
    assert report.ok
