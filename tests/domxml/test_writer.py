"""The plan in the document: spelling, place, indentation, quotes, and nothing else touched."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import pytest

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.writer import write
from devaddr_xml.model.address import Address, CcwAddress, DriveAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import (
    Audio,
    Console,
    Controller,
    Device,
    Disk,
    Input,
    Iommu,
    Memballoon,
    Panic,
    Serial,
    Video,
    Watchdog,
)

PCI = PciAddress(slot=2)
PCI_TEXT = "<address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>"
DRIVE_TEXT = "<address type='drive' controller='0' bus='0' target='0' unit='1'/>"


def written(xml: str | bytes, change: Callable[[list[Any]], None] = lambda devices: None, *added: Device) -> str:
    """The document after ``change`` was made to its devices and ``added`` were put behind them."""
    document = parse(xml)
    before = read(document)
    after = copy(before)
    after.devices = [copy(device) for device in before.devices]
    change(after.devices)
    after.devices.extend(added)  # type: ignore[arg-type]
    text = write(document, before, after, after.devices)
    parse(text)
    return text


def with_address(address: Address | None, number: int = 0) -> Callable[[list[Any]], None]:
    def change(devices: list[Any]) -> None:
        devices[number].address = address

    return change


def with_values(number: int = 0, **values: object) -> Callable[[list[Any]], None]:
    def change(devices: list[Any]) -> None:
        for name, value in values.items():
            setattr(devices[number], name, value)

    return change


def domain(devices: str) -> str:
    """A domain with one device a line, four blanks deep, as libvirt indents."""
    return f"<domain type='kvm'>\n  <devices>\n{devices}  </devices>\n</domain>\n"


@pytest.mark.parametrize(
    "xml",
    [
        "<domain/>",
        "<?xml version='1.0'?>\n<!-- a --><?b c?>\n<domain\n  a = \"1\"  b='2'\t/>\n<!-- d -->\n\n",
        "<domain><devices><disk ><target  dev='vda'/></disk ></devices></domain>",
        "<domain>\r\n<name><![CDATA[<&>]]></name>\r\n</domain>\r\n",
        "<domain xmlns:q='urn:q'><metadata><q:x q:y='&#x41;&quot;'>&gt;]]&gt;</q:x></metadata></domain>",
        "<domain><name>ä€𝄞</name></domain>",
    ],
)
def test_nothing_to_write_is_nothing_written(xml: str) -> None:
    assert written(xml) == xml
    assert written(xml.encode()) == xml


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    <rng model='virtio'/>\n", f"    <rng model='virtio'>\n      {PCI_TEXT}\n    </rng>\n"),
        ("    <rng model='virtio' />\n", f"    <rng model='virtio'>\n      {PCI_TEXT}\n    </rng>\n"),
        ("    <rng model='virtio'></rng>\n", f"    <rng model='virtio'>\n      {PCI_TEXT}\n    </rng>\n"),
        ("    <rng model='virtio'>\n    </rng>\n", f"    <rng model='virtio'>\n      {PCI_TEXT}\n    </rng>\n"),
        (
            "    <rng model='virtio'>\n      <!-- c -->\n    </rng>\n",
            f"    <rng model='virtio'>\n      <!-- c -->\n      {PCI_TEXT}\n    </rng>\n",
        ),
        (
            "    <rng model='virtio'>\n      <backend model='random'>/dev/random</backend>\n    </rng>\n",
            "    <rng model='virtio'>\n      <backend model='random'>/dev/random</backend>\n"
            f"      {PCI_TEXT}\n    </rng>\n",
        ),
        (
            "    <rng model='virtio'>\n        <x/><!-- c -->\n\n    </rng>\n",
            f"    <rng model='virtio'>\n        <x/><!-- c -->\n        {PCI_TEXT}\n\n    </rng>\n",
        ),
        ("    <rng model='virtio'><x/></rng>\n", f"    <rng model='virtio'><x/>{PCI_TEXT}</rng>\n"),
        (
            "    <memballoon model='virtio'>\n      <driver iommu='on'/>\n    </memballoon>\n",
            f"    <memballoon model='virtio'>\n      {PCI_TEXT}\n      <driver iommu='on'/>\n    </memballoon>\n",
        ),
        (
            "    <controller type='pci' index='0'>\n      <pcihole64>1</pcihole64>\n    </controller>\n",
            f"    <controller type='pci' index='0'>\n      {PCI_TEXT}\n      <pcihole64>1</pcihole64>\n"
            "    </controller>\n",
        ),
        (
            "    <rng model='virtio'>\n      <address type='pci'/>\n    </rng>\n",
            f"    <rng model='virtio'>\n      {PCI_TEXT}\n    </rng>\n",
        ),
        (
            "    <rng model='virtio'>\n      <address type='none'/>\n    </rng>\n",
            f"    <rng model='virtio'>\n      {PCI_TEXT}\n    </rng>\n",
        ),
        (
            "    <rng model='virtio'>\n      <address type='drive' unit='1'/>\n      <x/>\n    </rng>\n",
            f"    <rng model='virtio'>\n      {PCI_TEXT}\n      <x/>\n    </rng>\n",
        ),
    ],
)
def test_an_address_comes_in(before: str, after: str) -> None:
    assert written(domain(before), with_address(PCI)) == domain(after)


@pytest.mark.parametrize("unit", ["\t", " ", "    "])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_indentation_is_the_documents(unit: str, newline: str) -> None:
    def lines(*rest: str) -> str:
        devices = "".join(f"{unit * 2}{line}{newline}" for line in rest)
        return f"<domain>{newline}{unit}<devices>{newline}{devices}{unit}</devices>{newline}</domain>{newline}"

    before = lines("<controller type='usb' index='0'/>", "<rng model='virtio'/>")
    panic = Panic(model="isa")
    port = Controller(type="pci", index=1, model="pcie-root-port", model_name="a", address=PCI)
    assert written(before, with_address(PCI, 1), panic, port) == lines(
        "<controller type='usb' index='0'/>",
        "<controller type='pci' index='1' model='pcie-root-port'>",
        f"{unit}<model name='a'/>",
        f"{unit}{PCI_TEXT}",
        "</controller>",
        "<rng model='virtio'>",
        f"{unit}{PCI_TEXT}",
        "</rng>",
        "<panic model='isa'/>",
    )


def test_a_document_on_one_line_stays_on_one_line() -> None:
    before = "<domain><devices><rng model='virtio'/></devices></domain>"
    controller = Controller(type="pci", index=0, model="pci-root")
    assert written(before, with_address(PCI), controller) == (
        f"<domain><devices><controller type='pci' index='0' model='pci-root'/><rng model='virtio'>{PCI_TEXT}</rng>"
        "</devices></domain>"
    )


def test_quotes_are_the_documents() -> None:
    before = '<domain type="kvm"><devices><disk><target dev="vda"/></disk></devices></domain>'
    assert written(before, with_values(bus="sata", address=DriveAddress(unit=1)), Panic(model="isa")) == (
        f'<domain type="kvm"><devices><disk><target dev="vda" bus="sata"/>{DRIVE_TEXT}</disk>'.replace("'", '"')
        + '<panic model="isa"/></devices></domain>'
    )


def test_a_new_attribute_takes_the_quotes_of_its_neighbours() -> None:
    before = domain("    <disk><target dev=\"vda\"/></disk>\n    <input type='mouse'/>\n")
    assert written(before, with_values(bus="sata")) == before.replace('"vda"/>', '"vda" bus="sata"/>')


@pytest.mark.parametrize(
    ("element", "values", "expected"),
    [
        ("<disk><target dev='vda'/></disk>", {"bus": "sata"}, "<disk><target dev='vda' bus='sata'/></disk>"),
        ("<controller type='usb'/>", {"index": 0}, "<controller type='usb' index='0'/>"),
        ("<controller model='x'/>", {"index": 2}, "<controller type='ide' index='2' model='x'/>"),
        (
            "<controller a='b' type='usb' model='ehci'/>",
            {"index": 2},
            "<controller a='b' type='usb' index='2' model='ehci'/>",
        ),
        (
            "<controller type='usb' index='0' model='ich9-uhci1'/>",
            {"master_startport": 0},
            "<controller type='usb' index='0' model='ich9-uhci1'><master startport='0'/></controller>",
        ),
        (
            "<controller type='pci' index='1' model='pcie-root-port'><alias name='x'/></controller>",
            {"model_name": "pcie-root-port", "chassis": 1, "port": 0x10, "hotplug": False, "address": PCI},
            "<controller type='pci' index='1' model='pcie-root-port'><model name='pcie-root-port'/>"
            f"<target chassis='1' port='0x10' hotplug='off'/><alias name='x'/>{PCI_TEXT}</controller>",
        ),
        (
            "<controller type='pci' index='1' model='pcie-expander-bus'><target><node>0</node></target></controller>",
            {"bus_nr": 254},
            "<controller type='pci' index='1' model='pcie-expander-bus'><target busNr='254'><node>0</node></target>"
            "</controller>",
        ),
        (
            "<controller type='pci' index='1' model='pcie-root-port'><target port='0x8'/></controller>",
            {"chassis": 3},
            "<controller type='pci' index='1' model='pcie-root-port'><target chassis='3' port='0x8'/></controller>",
        ),
        (
            "<controller type='pci' index='1' model='pci-root'/>",
            {"target_index": 1, "node": 1},
            "<controller type='pci' index='1' model='pci-root'><target index='1'><node>1</node></target></controller>",
        ),
        (
            "<serial type='pty'/>",
            {"target_type": "isa-serial", "port": 0, "model": "isa-serial"},
            "<serial type='pty'><target type='isa-serial' port='0'><model name='isa-serial'/></target></serial>",
        ),
        (
            "<serial type='pty'><source path='/x'/><target port='1'/><log file='/y'/></serial>",
            {"target_type": "pci-serial", "model": "pci-serial", "address": PCI},
            "<serial type='pty'><source path='/x'/><target type='pci-serial' port='1'><model name='pci-serial'/>"
            f"</target><log file='/y'/>{PCI_TEXT}</serial>",
        ),
        (
            "<serial type='pty'><target type='a' port='0'/></serial>",
            {"target_type": None},
            "<serial type='pty'><target port='0'/></serial>",
        ),
        ("<parallel type='pty'/>", {"port": 0}, "<parallel type='pty'><target port='0'/></parallel>"),
        (
            "<console type='pty'/>",
            {"target_type": "serial", "port": 0, "address": PCI},
            f"<console type='pty'><target type='serial' port='0'/>{PCI_TEXT}</console>",
        ),
        (
            "<console type='pty'><target type='virtio'/></console>",
            {"port": 1},
            "<console type='pty'><target type='virtio' port='1'/></console>",
        ),
        ("<input type='tablet'/>", {"bus": "usb"}, "<input type='tablet' bus='usb'/>"),
        (
            "<tpm><backend type='emulator'/></tpm>",
            {"model": "tpm-tis", "version": "2.0"},
            "<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>",
        ),
        ("<panic/>", {"model": "isa"}, "<panic model='isa'/>"),
        ("<video/>", {"model": "vga"}, "<video><model type='vga'/></video>"),
        ("<video><model heads='1'/></video>", {"model": "vga"}, "<video><model type='vga' heads='1'/></video>"),
        (
            "<video><driver name='vhostuser'/></video>",
            {"model": "vga", "address": PCI},
            f"<video><driver name='vhostuser'/><model type='vga'/>{PCI_TEXT}</video>",
        ),
        (
            "<interface type='user'><mac address='52:54:00:00:00:01'/><driver name='q'/><link state='up'/></interface>",
            {"model": "virtio"},
            "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><driver name='q'/>"
            "<link state='up'/></interface>",
        ),
        ("<vsock><cid auto='yes'/></vsock>", {"model": "virtio"}, "<vsock model='virtio'><cid auto='yes'/></vsock>"),
        (
            "<memory model='dimm'><target><size>1</size></target></memory>",
            {"node": 0},
            "<memory model='dimm'><target><size>1</size><node>0</node></target></memory>",
        ),
        (
            "<iommu model='intel'/>",
            {"intremap": True, "eim": True},
            "<iommu model='intel'><driver intremap='on' eim='on'/></iommu>",
        ),
        ("<redirdev type='tcp'/>", {"bus": "usb"}, "<redirdev bus='usb' type='tcp'/>"),
        ("<watchdog model='itco'/>", {"action": "reset"}, "<watchdog model='itco' action='reset'/>"),
        (
            "<interface type='user'><model type='a'/></interface>",
            {"model": "<'&\">ä"},
            "<interface type='user'><model type='&lt;&apos;&amp;&quot;&gt;ä'/></interface>",
        ),
    ],
)
def test_what_changes_in_a_device(element: str, values: dict[str, object], expected: str) -> None:
    text = f"<domain name='ü'><devices>{element}</devices></domain>"
    assert written(text, with_values(**values)) == text.replace(element, expected)


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (
            "<rng model='virtio'><address function='0' slot='2' type='pci' bus='0' domain='0' x='y'/></rng>",
            "<rng model='virtio'>"
            "<address function='0x0' slot='0x02' type='pci' bus='0x00' domain='0x0000' x='y'/></rng>",
        ),
        (
            "<rng model='virtio'><address type=\"pci\" slot='0x0A'><!-- c --></address></rng>",
            '<rng model=\'virtio\'><address type="pci" domain="0x0000" bus="0x00" slot=\'0x0a\' function="0x0">'
            "<!-- c --></address></rng>",
        ),
        (
            "<channel type='pty'><target type='virtio'/><address type='virtio-serial' port='1'/></channel>",
            "<channel type='pty'><target type='virtio'/>"
            "<address type='virtio-serial' controller='0' bus='0' port='1'/></channel>",
        ),
        (
            "<serial type='pty'><target port='01'/><address type='isa' iobase='3f8' irq='0x0'/></serial>",
            "<serial type='pty'><target port='1'/><address type='isa' iobase='0x3f8'/></serial>",
        ),
        (
            "<controller type='pci' index='01' model='m'><target chassis='0x2' port='8'/></controller>",
            "<controller type='pci' index='1' model='m'><target chassis='2' port='0x8'/></controller>",
        ),
        (
            "<controller type='pci' index='1' model='m'><target><node> 01 </node></target></controller>",
            "<controller type='pci' index='1' model='m'><target><node>1</node></target></controller>",
        ),
        ("<controller index='0'/>", "<controller type='ide' index='0'/>"),
        ("<interface><model type='E1000'/></interface>", "<interface><model type='e1000'/></interface>"),
        (
            "<interface><mac address='52:54:0:AB:cd:1'/></interface>",
            "<interface><mac address='52:54:00:ab:cd:01'/></interface>",
        ),
        (
            "<memballoon model='none'><address type='pci'/></memballoon>",
            "<memballoon model='none'></memballoon>",
        ),
        (
            "<controller type='usb' index='0' model='none'><address type='isa'/><address type='pci'/></controller>",
            "<controller type='usb' index='0' model='none'></controller>",
        ),
        (
            "<tpm><address type='isa'/><backend type='passthrough'/><address type='pci'/></tpm>",
            "<tpm><address type='isa'/><backend type='passthrough'/></tpm>",
        ),
    ],
)
def test_libvirts_spelling(element: str, expected: str) -> None:
    text = domain(f"    {element}\n")
    result = written(text)
    assert result == text.replace(element, expected)
    assert written(result) == result


def test_an_address_that_is_not_any_more() -> None:
    before = domain(f"    <video>\n      <model type='none'/>\n      {PCI_TEXT}\n    </video>\n")
    assert written(before, with_address(None)) == before.replace(f"\n      {PCI_TEXT}", "")


def test_zpci_identifiers() -> None:
    before = domain("    <rng model='virtio'>\n      <address type='pci'/>\n    </rng>\n")
    after = before.replace(
        "      <address type='pci'/>\n",
        "      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'>\n"
        "        <zpci uid='0x0001' fid='0x00000000'/>\n      </address>\n",
    )
    assert written(before, with_address(PciAddress(slot=2, zpci_uid=1, zpci_fid=0))) == after
    assert written(after) == after


CONTROLLERS = (
    "    <controller type='pci' index='0' model='pcie-root'/>\n"
    "    <controller type='pci' index='3' model='m'/>\n"
    "    <controller type='usb' index='1' model='m'/>\n"
)


def test_controllers_go_behind_their_predecessor() -> None:
    added = [
        Controller(type="pci", index=4, model="n"),
        Controller(type="pci", index=1, model="n"),
        Controller(type="usb", index=0, model="n"),
        Controller(type="pci", index=2, model="n"),
        Controller(type="scsi", index=1),
        Controller(type="scsi", index=0),
    ]
    text = written(domain(f"{CONTROLLERS}    <panic model='isa'/>\n"), lambda devices: None, *added)
    order = [(d.type, d.index) for d in read(parse(text)).devices if isinstance(d, Controller)]
    assert order == [
        *(("pci", index) for index in range(5)),
        ("usb", 0),
        ("usb", 1),
        ("scsi", 0),
        ("scsi", 1),
    ]


def test_masters_before_their_companions() -> None:
    added = [
        Controller(type="usb", index=0, model="ich9-uhci1", master_startport=0),
        Controller(type="usb", index=0, model="ich9-ehci1"),
    ]
    text = written("<domain/>", lambda devices: None, *added)
    assert text.index("ehci1") < text.index("uhci1")


def test_devices_go_where_libvirt_prints_their_class() -> None:
    before = domain(
        "    <emulator>/usr/bin/qemu</emulator>\n    <disk><target dev='vda' bus='virtio'/></disk>\n"
        "    <input type='mouse' bus='ps2'/>\n    <!-- c -->\n    <vsock model='virtio'/>\n"
    )
    added = [
        Panic(model="isa"),
        Input(type="keyboard", bus="ps2"),
        Memballoon(model="virtio", address=PCI),
        Audio(),
        Watchdog(model="itco", action="reset"),
        Iommu(model="intel", intremap=True),
        Controller(type="usb", index=0, model="none"),
    ]
    text = written(before, lambda devices: None, *added)
    kinds = [device.kind for device in read(parse(text)).devices]
    assert kinds[:5] == ["disk", "controller", "input", "input", "audio"]
    assert kinds[5:] == ["watchdog", "memballoon", "panic", "iommu", "vsock"]
    assert "<input type='keyboard' bus='ps2'/>\n    <audio id='1' type='none'/>\n" in text
    assert "<watchdog model='itco' action='reset'/>\n" in text
    assert "<iommu model='intel'>\n      <driver intremap='on'/>\n    </iommu>\n    <!-- c -->\n" in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<domain/>", "<domain><devices><panic model='isa'/></devices></domain>"),
        ("<domain></domain>\n", "<domain><devices><panic model='isa'/></devices></domain>\n"),
        (
            "<domain>\n  <name>x</name>\n</domain>",
            "<domain>\n  <name>x</name>\n  <devices>\n    <panic model='isa'/>\n  </devices>\n</domain>",
        ),
        (
            "<domain>\n  <name>x</name>\n  <seclabel/>\n</domain>",
            "<domain>\n  <name>x</name>\n  <devices>\n    <panic model='isa'/>\n  </devices>\n  <seclabel/>\n</domain>",
        ),
        (
            "<domain>\n  <devices/>\n</domain>",
            "<domain>\n  <devices>\n    <panic model='isa'/>\n  </devices>\n</domain>",
        ),
        (
            "<domain>\n  <devices>\n    <!-- none -->\n  </devices>\n</domain>",
            "<domain>\n  <devices>\n    <!-- none -->\n    <panic model='isa'/>\n  </devices>\n</domain>",
        ),
        (
            "<domain>\n  <devices>\n    <vsock/>\n  </devices>\n</domain>",
            "<domain>\n  <devices>\n    <panic model='isa'/>\n    <vsock/>\n  </devices>\n</domain>",
        ),
    ],
)
def test_where_there_is_no_neighbour(before: str, after: str) -> None:
    assert written(before, lambda devices: None, Panic(model="isa")) == after


SERIAL = (
    "    <serial type='unix' tty=\"it's\">\n      <source mode='bind' path='/run/s'/>\n      <protocol type='raw'/>\n"
    "      <target type='isa-serial' port='0'/>\n      <alias name='ua-s'/>\n    </serial>\n"
)


def test_the_console_of_a_serial_port_has_its_source() -> None:
    before = domain(SERIAL + "    <console type='pty'>\n      <target type='virtio' port='1'/>\n    </console>\n")
    console = (
        "    <console type='unix' tty=\"it's\">\n      <source mode='bind' path='/run/s'/>\n"
        "      <protocol type='raw'/>\n      <target type='serial' port='0'/>\n    </console>\n"
    )
    added = Console(target_type="serial", port=0)
    assert written(before, lambda devices: None, added) == before.replace("    <console", f"{console}    <console", 1)


def test_the_serial_port_of_a_console_has_its_source_and_none_of_its_hints() -> None:
    source = "<source x:y='' path='/dev/pts/2'/>"
    console = (
        "<console devaddr:node='0' type='pty' tty='/dev/pts/2' a='b' xmlns:x='urn:x' xmlns:z='urn:z'>"
        f"<z:y/>{source}<alias name='z'/></console>"
    )
    declared = "<domain xmlns:devaddr='urn:devaddr-xml:hints:1'><devices>"
    text = written(
        f"{declared}{console}</devices></domain>",
        lambda devices: None,
        Serial(target_type="isa-serial", port=0, model="isa-serial"),
    )
    assert (
        f"<devices><serial type='pty' tty='/dev/pts/2' xmlns:x='urn:x'>{source}<target type='isa-serial' port='0'>"
        "<model name='isa-serial'/></target></serial><console"
    ) in text
    assert "devaddr:node" not in text.partition("<console")[0]


def test_an_implied_video_device() -> None:
    text = written(
        domain("    <graphics type='vnc'/>\n"), lambda devices: None, Video(model="vga", primary=True, address=PCI)
    )
    video = (
        f"    <video>\n      <model type='vga' vram='16384' heads='1' primary='yes'/>\n      {PCI_TEXT}\n    </video>\n"
    )
    assert text == domain(f"    <graphics type='vnc'/>\n{video}")


def test_the_primary_video_device_comes_first_with_all_that_changed() -> None:
    first = "    <video>\n      <model type='vga'/>\n    </video>\n"
    second = "    <video>\n      <model type='qxl' primary='yes'/>\n    </video>\n"

    def change(devices: list[Any]) -> None:
        devices[0].address = PciAddress(slot=3)
        devices[1].address = PCI

    text = written(domain(f"{first}    <!-- c -->\n{second}"), change, Video(model="virtio"))
    with_place = second.replace("primary='yes'/>", f"primary='yes'/>\n      {PCI_TEXT}")
    assert text.startswith(domain(with_place).partition("  </devices>")[0])
    assert (
        text.index("slot='0x02'") < text.index("slot='0x03'") < text.index("<!-- c -->") < text.index("type='virtio'")
    )
    assert text.count("<video>") == text.count("</video>") == 3


def test_a_document_of_other_characters() -> None:
    text = "<domain><name>ä€𝄞</name>\n  <devices>\n    <disk><target dev='ü\x85\xa0'/></disk>\n  </devices></domain>"
    assert written(text, with_values(bus="usb", address=UsbAddress(0, (1,)))) == text.replace(
        "\x85\xa0'/>", "\x85\xa0' bus='usb'/><address type='usb' bus='0' port='1'/>"
    )


def test_a_document_of_another_encoding() -> None:
    body = "<domain><devices><disk><target dev='ü'/></disk></devices></domain>"
    text = f"<?xml version='1.0' encoding='ISO-8859-1'?>\n{body}"
    expected = text.replace("ISO-8859-1", "UTF-8").replace("'ü'/>", "'ü' bus='scsi'/>")
    assert written(text.encode("latin-1"), with_values(bus="scsi")) == expected


def test_an_address_of_another_type() -> None:
    before = domain("    <disk>\n      <address type='pci' bus='1'>\n        <x/>\n      </address>\n    </disk>\n")
    after = domain("    <disk>\n      <address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0000'/>\n    </disk>\n")
    assert written(before, with_address(CcwAddress(254, 0, 0))) == after


def test_five_hundred_devices_of_one_line() -> None:
    text = "<domain><devices>" + "<disk><target dev='vda'/></disk>" * 500 + "</devices></domain>"

    def change(devices: list[Any]) -> None:
        for device in devices:
            assert isinstance(device, Disk)
            device.address = PCI

    assert written(text, change).count(PCI_TEXT) == 500
