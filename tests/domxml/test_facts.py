"""What elements must have and which values they can have: libvirt refuses the same, and the error helps."""

from __future__ import annotations

import re

import pytest

import devaddr_xml
from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.facts.fact import Needs, OneOf
from devaddr_xml.domxml.facts.table import WHERE, facts_of
from devaddr_xml.domxml.sound import doubts, faults
from devaddr_xml.model.errors import DevaddrError

DOMAIN = """<domain type='qemu'>{head}<os><type arch='x86_64' machine='q35'>hvm</type>{os}</os>
<devices>
{devices}
</devices>
</domain>"""

#: Devices with a fault, and what the error says: which device, what is wrong, what helps.
REFUSED = [
    ("<input bus='usb'/>", "input", "<input> needs the attribute 'type'", "Add the attribute 'type'"),
    ("<input type='tablett'/>", "input tablett", "type='tablett' in <input> is not one of", "Did you mean 'tablet'?"),
    ("<hostdev mode='subsystem' type='pci'/>", "hostdev pci", "needs a <source>", "Add a <source>"),
    ("<hostdev mode='subsystem'><source/></hostdev>", "hostdev", "needs the attribute 'type'", "Add the attribute"),
    ("<interface type='network'/>", "interface network", "needs a <source>", "Add a <source>"),
    ("<interface type='bridge'><source/></interface>", "interface bridge", "needs the attribute 'bridge'", "Add the"),
    ("<redirdev bus='usb'/>", "redirdev", "needs the attribute 'type'", "Add the attribute 'type'"),
    ("<smartcard/>", "smartcard", "needs the attribute 'mode'", "Add the attribute 'mode'"),
    ("<rng model='virtio'/>", "rng virtio", "needs a <backend>", "Add a <backend>"),
    (
        "<rng model='virtio'><backend model='random'/><backend model='builtin'/></rng>",
        "rng virtio",
        "<rng> has 2 <backend> elements, and it takes one",
        "Remove a <backend>",
    ),
    ("<tpm model='tpm-crb'/>", "tpm tpm-crb", "needs a <backend>", "Add a <backend>"),
    ("<disk type='file'><target dev='vda'/></disk>", "disk vda", "needs a <source>", "Add a <source>"),
    ("<disk><source file='/a'/></disk>", "disk", "needs a <target>", "Add a <target>"),
    (
        "<disk><source file='/a'/><target dev='vda' bus='virito'/></disk>",
        "disk vda",
        "bus='virito' in <target> is not one of",
        "Did you mean 'virtio'?",
    ),
    (
        "<disk><driver type='qcow'/><source file='/a'/><target dev='vda'/><boot order='0'/></disk>",
        "disk vda",
        "order='0' in <boot> is not a whole number from 1",
        "Correct it, or leave it out",
    ),
    (
        "<disk device='disk'><source file='/a'/><target dev='vda' tray='open'/></disk>",
        "disk vda",
        "tray='open' in <target> belongs to other devices",
        "Leave it out",
    ),
    ("<sound model='ich9'><audio id='3'/></sound>", "sound ich9", "no <audio> with id 3", "Add <audio id='3'"),
    (
        "<disk><driver iothread='4'/><source file='/a'/><target dev='vda'/></disk>",
        "disk vda",
        "iothread 4 is not defined",
        "Add <iothreads>4</iothreads>",
    ),
    (
        "<audio id='1' type='none'/><audio id='1' type='alsa'/>",
        "audio 1",
        "audio id 1 is used twice",
        "Give each device its own audio id",
    ),
    ("<memballoon model='virtio'><address type='none'/></memballoon>", "memballoon virtio", "type='none'", "Use"),
]


def domain(devices: str, head: str = "", os: str = "") -> str:
    return DOMAIN.format(devices=devices, head=head, os=os)


@pytest.mark.parametrize(("devices", "device", "cause", "remedy"), REFUSED, ids=[row[0][:50] for row in REFUSED])
def test_refused(devices: str, device: str, cause: str, remedy: str) -> None:
    with pytest.raises(DevaddrError) as caught:
        devaddr_xml.assign(domain(devices))
    error = caught.value
    assert (error.device, error.line) == (device, 3)
    assert cause in error.message
    assert (error.remedy or "").startswith(remedy)


def test_one_number_twice() -> None:
    nic = "<interface type='user'><boot order='1'/></interface>"
    with pytest.raises(DevaddrError, match="1 is used twice") as caught:
        devaddr_xml.assign(domain(f"{nic}\n{nic}"))
    assert (caught.value.line, caught.value.other_line) == (4, 3)


def test_a_console_has_the_alias_of_the_serial_port_that_it_repeats() -> None:
    """So libvirt writes a running guest."""
    pair = "<serial type='pty'>{0}</serial><console type='pty'><target type='serial'/>{0}</console>".format(
        "<alias name='ua-first'/>"
    )
    laid_out = devaddr_xml.assign(domain(pair)).xml
    nic = "<interface type='user'><model type='virtio'/></interface>"
    assert devaddr_xml.attach(laid_out, nic).devices[0].address is not None
    with pytest.raises(DevaddrError, match="alias ua-first is used twice"):
        devaddr_xml.assign(domain(pair + "<vsock model='virtio'><alias name='ua-first'/></vsock>"))


def test_boot_devices_and_boot_order() -> None:
    nic = "<interface type='user'><boot order='1'/></interface>"
    with pytest.raises(DevaddrError, match="exclude each other"):
        devaddr_xml.assign(domain(nic, os="<boot dev='hd'/>"))
    devaddr_xml.assign(domain(nic))


@pytest.mark.parametrize("tag", WHERE)
def test_every_word_that_is_allowed_passes(tag: str) -> None:
    """No fact about words refuses one of its own, and each refuses a word that is none."""
    facts = facts_of(tag) or ()
    assert facts
    for fact in facts:
        if not isinstance(fact, OneOf) or fact.path.count("/") > 1 or "text()" in fact.path:
            continue
        *above, name = fact.path.split("/")
        when = {path[1:]: values[-1] for path, values in fact.when.items() if path.count("/") == 0}
        for word in (*fact.values, "no such word"):
            own = when | ({name[1:]: word} if not above else {})
            child = f"<{above[0]} {name[1:]}='{word}'/>" if above else ""
            attributes = "".join(f" {key}='{value}'" for key, value in own.items())
            document = parse(domain(f"<{tag}{attributes}>{child}</{tag}>"))
            refused = any(
                f"{name[1:]}={word!r} in <{above[0] if above else tag}> is not one" in fault.message
                for fault in faults(document)
            )
            if not any(isinstance(other, Needs) for other in facts) and not fact.when:
                assert refused is (word not in fact.values), (fact.path, word)
            assert not refused or word not in fact.values, (fact.path, word)


@pytest.mark.parametrize(
    ("xml", "stated"),
    [
        (domain("<gpu/>"), "<gpu> is not a device"),
        (domain("<intreface type='user'/>"), "Did you mean <interface>?"),
        ("<domain><disk/><devices/></domain>", "<disk> is outside <devices>"),
        (domain("<rng model='virtio' hotplug='no'/>"), "The hint is devaddr:hotplug"),
        (domain("<rng model='virtio' xmlns:d='urn:devaddr-xml:hint:1' d:hotplug='no'/>"), "in the namespace"),
        (domain("<channel type='spicevmc'><target type='virtio'/></channel>"), "needs SPICE graphics"),
        (domain("<filesystem><driver type='virtiofs'/><source dir='/a'/><target dir='a'/></filesystem>"), "be shared"),
    ],
)
def test_warned(xml: str, stated: str) -> None:
    notices = doubts(parse(xml))
    assert [stated in notice.explanation for notice in notices] == [True]
    assert notices[0].line is not None


def test_warnings_come_out() -> None:
    assert any("<gpu>" in notice.message for notice in devaddr_xml.assign(domain("<gpu/>")).warnings)
    assert any("<gpu>" in finding.message for finding in devaddr_xml.check(domain("<gpu/>")).findings)


def test_check_finds_every_fault() -> None:
    report = devaddr_xml.check(domain("<input/>\n<hub/>\n<rng model='virtio'/>"))
    assert [finding.line for finding in report.findings if finding.severity == "error"] == [3, 4, 5]


def test_an_unknown_field_of_a_guest() -> None:
    with pytest.raises(DevaddrError, match="machin"):
        devaddr_xml.Guest.from_json('{"machin": "q35"}')


@pytest.mark.parametrize("devices", ["<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>"])
def test_what_libvirt_takes(devices: str) -> None:
    assert not re.search("error", str(list(faults(parse(domain(devices))))))
    devaddr_xml.assign(domain(devices))


def test_one_acpi_index_twice_is_left_to_qemu() -> None:
    nic = "<interface type='user'><acpi index='1'/></interface>"
    assert devaddr_xml.assign(domain(f"{nic}\n{nic}")).xml.count("<acpi index='1'/>") == 2
