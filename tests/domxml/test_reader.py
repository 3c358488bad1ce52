"""From elements to the neutral model."""

from __future__ import annotations

import pytest

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.model.address import DimmAddress, PciAddress, UsbAddress
from devaddr_xml.model.device import (
    Audio,
    Channel,
    Console,
    Controller,
    Device,
    Disk,
    Filesystem,
    Graphics,
    Hostdev,
    HostSource,
    Hub,
    Input,
    Interface,
    Iommu,
    Memballoon,
    Memory,
    Nvram,
    Panic,
    Parallel,
    Pstore,
    Redirdev,
    Rng,
    Serial,
    Shmem,
    Smartcard,
    Sound,
    Tpm,
    Video,
    Vsock,
    Watchdog,
)
from devaddr_xml.model.errors import DevaddrError, ValueInvalid
from devaddr_xml.model.guest import Guest, MemNode, NumaCell, VcpuPin


def guest(text: str) -> Guest:
    return read(parse(text))


def device(element: str) -> Device:
    (found,) = guest(f"<domain><devices>{element}</devices></domain>").devices
    assert found.line == 1
    found.line = None
    return found


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("<disk><target dev='vda' bus='virtio'/></disk>", Disk(target="vda", bus="virtio", has_source=False)),
        (
            "<disk type='network' device='cdrom' model='virtio'><source protocol='rbd'/><target dev='sda'/><readonly/>"
            "<alias name='ua-x'/></disk>",
            Disk(type="network", device="cdrom", model="virtio", target="sda", readonly=True, alias="ua-x"),
        ),
        ("<disk><source startupPolicy='optional'/><target dev='a'/></disk>", Disk(target="a", has_source=False)),
        ("<disk><alias name='virtio-disk0'/></disk>", Disk(has_source=False)),
        ("<disk><alias name='ua-&lt;ä'/></disk>", Disk(has_source=False, alias="ua-<ä")),
        ("<controller/>", Controller()),
        (
            "<controller type='pci' index='1' model='pcie-root-port'><model name='ioh3420'/>"
            "<target chassis='0x1' port='0x10' hotplug='off' memReserve='64'/></controller>",
            Controller(
                type="pci",
                index=1,
                model="pcie-root-port",
                model_name="ioh3420",
                chassis=1,
                port=16,
                hotplug=False,
                mem_reserve=64,
            ),
        ),
        (
            "<controller type='pci' model='pci-expander-bus'><target busNr='254'><node>1</node></target></controller>",
            Controller(type="pci", model="pci-expander-bus", bus_nr=254, node=1),
        ),
        (
            "<controller type='pci' model='pci-bridge'><target chassisNr='3'/></controller>",
            Controller(type="pci", model="pci-bridge", chassis_nr=3),
        ),
        (
            "<controller type='pci' model='pci-root'><target index='2'/>"
            "<pcihole64 unit='MiB'>1</pcihole64></controller>",
            Controller(type="pci", model="pci-root", target_index=2, pcihole64=1024),
        ),
        (
            "<controller type='usb' model='ich9-uhci1' ports='2'><master startport='0'/></controller>",
            Controller(type="usb", model="ich9-uhci1", ports=2, master_startport=0),
        ),
        ("<controller type='scsi'><driver iothread='1'/></controller>", Controller(type="scsi", has_iothread=True)),
        (
            "<controller type='usb' model='none'><address type='nonsense'/></controller>",
            Controller(type="usb", model="none"),
        ),
        (
            "<filesystem model='virtio'><driver type='virtiofs'/><target dir='tag'/></filesystem>",
            Filesystem(model="virtio", driver="virtiofs", target="tag"),
        ),
        (
            "<interface type='network'><mac address='52:54:00:AA:bb:1'/><model type='VIRTIO'/></interface>",
            Interface(type="network", mac="52:54:00:aa:bb:01", model="virtio"),
        ),
        ("<interface><model type='Made-Up'/></interface>", Interface(model="Made-Up")),
        (
            "<interface type='hostdev'><source><address type='pci' bus='0x41' slot='0'/></source></interface>",
            Interface(type="hostdev", source_type="pci", source=HostSource(pci=PciAddress(bus=0x41))),
        ),
        ("<smartcard mode='host'/>", Smartcard(mode="host")),
        (
            "<serial type='pty'><target type='isa-serial' port='1'><model name='isa-serial'/></target></serial>",
            Serial(target_type="isa-serial", port=1, model="isa-serial"),
        ),
        ("<parallel type='pty'><target port='0'/></parallel>", Parallel(port=0)),
        ("<console type='pty'/>", Console()),
        (
            "<channel type='unix'><target type='virtio' name='a.b'/></channel>",
            Channel(target_type="virtio", name="a.b"),
        ),
        ("<input type='tablet' bus='usb'/>", Input(type="tablet", bus="usb")),
        (
            "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>",
            Tpm(model="tpm-crb", backend="emulator", version="2.0"),
        ),
        ("<graphics type='spice'/>", Graphics(type="spice")),
        ("<sound model='ich9'/>", Sound(model="ich9")),
        ("<audio id='2' type='none'/>", Audio(id=2)),
        ("<video><model type='qxl' primary='yes'/></video>", Video(model="qxl", primary=True)),
        ("<video/>", Video()),
        (
            "<hostdev mode='subsystem' type='pci'><source><address domain='0x1' bus='0x2' slot='0x3' function='0x4'/>"
            "</source></hostdev>",
            Hostdev(type="pci", source=HostSource(pci=PciAddress(1, 2, 3, 4))),
        ),
        (
            "<hostdev type='mdev' model='vfio-pci'><source><address uuid='C2177883-F1BB-47F0-914D-32A22E3A8804'/>"
            "</source></hostdev>",
            Hostdev(type="mdev", model="vfio-pci", source=HostSource(uuid="c2177883-f1bb-47f0-914d-32a22e3a8804")),
        ),
        ("<redirdev bus='usb' type='tcp'/>", Redirdev(bus="usb")),
        ("<hub type='usb'/>", Hub()),
        ("<watchdog model='i6300esb' action='poweroff'/>", Watchdog(model="i6300esb", action="poweroff")),
        (
            "<memballoon model='none'><address type='pci' bus='9999'/></memballoon>",
            Memballoon(model="none"),
        ),
        ("<rng model='virtio'/>", Rng(model="virtio")),
        ("<nvram/>", Nvram()),
        ("<panic/>", Panic()),
        ("<shmem name='x'><model type='ivshmem-plain'/></shmem>", Shmem(name="x", model="ivshmem-plain")),
        (
            "<memory model='nvdimm'><source><alignsize unit='KiB'>4</alignsize></source>"
            "<target><size unit='MiB'>2</size><node>1</node><label><size>128</size></label></target>"
            "<address type='dimm' slot='3'/></memory>",
            Memory(model="nvdimm", size=2048, node=1, label_size=128, address=DimmAddress(3), align_size=4),
        ),
        (
            "<memory model='virtio-mem'><target><size unit='b'>1</size><address base='0x140000000'/></target></memory>",
            Memory(model="virtio-mem", size=1, base=0x140000000),
        ),
        (
            "<iommu model='intel'><driver intremap='on' eim='off'/></iommu>",
            Iommu(model="intel", intremap=True, eim=False),
        ),
        ("<vsock model='virtio'><cid auto='yes'/></vsock>", Vsock(model="virtio")),
        ("<pstore backend='acpi-erst'/>", Pstore()),
    ],
)
def test_devices(element: str, expected: Device) -> None:
    assert device(element) == expected


def test_only_the_first_own_address_counts() -> None:
    found = device(
        "<redirdev><source><address type='pci' bus='7'/></source><address type='usb' bus='1'/>"
        "<address type='usb' bus='2'/></redirdev>"
    )
    assert found.address == UsbAddress(1)


def test_the_first_of_two_children_counts() -> None:
    assert device("<disk><target dev='sda'/><target dev='sdb' bus='scsi'/></disk>") == Disk(
        target="sda", bus="scsi", has_source=False
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            "usb'><source><vendor id='0x1'/><product id='2'/></source>",
            "usb'><source><vendor id='1'/><product id='0x02'/></source>",
            True,
        ),
        (
            "usb'><source><address bus='1' device='2'/></source>",
            "usb'><source><address bus='1' device='3'/></source>",
            0,
        ),
        (
            "scsi'><source><adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/></source>",
            "scsi'><source><adapter name='scsi_host1'/><address bus='0' target='0' unit='0'/></source>",
            False,
        ),
        (
            "scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/>",
            "scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/>",
            True,
        ),
        ("storage'><source><block>/dev/a</block></source>", "storage'><source><block>/dev/b</block></source>", False),
    ],
)
def test_identities_of_host_devices(one: str, other: str, same: bool) -> None:
    first, second = (device(f"<hostdev type='{text}</hostdev>") for text in (one, other))
    assert isinstance(first, Hostdev)
    assert isinstance(second, Hostdev)
    assert first.source is not None
    assert first.source.key
    assert (first.source == second.source) == bool(same)


def test_the_guest() -> None:
    assert guest(
        """<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
          <name>ä&amp;b</name>
          <maxMemory slots='16' unit='GiB'>8</maxMemory>
          <memory unit='GiB'>4</memory>
          <vcpu placement='static' current='2'>8</vcpu>
          <cputune><vcpupin vcpu='0' cpuset='1-3,^2'/><shares>9</shares></cputune>
          <numatune><memory mode='strict' nodeset='0'/><memnode cellid='1' nodeset='0,2'/></numatune>
          <os><type arch='x86_64' machine='q35'>hvm</type></os>
          <features><acpi/><ps2 state='off'/></features>
          <cpu><numa>
            <cell id='1' cpus='4-7' memory='2' unit='GiB'/>
            <cell id='0' cpus='0-3' memory='2097152'/>
          </numa></cpu>
          <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><lease/><qemu:disk/></devices>
          <qemu:commandline><qemu:arg value='-x'/></qemu:commandline>
        </domain>"""
    ) == Guest(
        name="ä&b",
        virt_type="qemu",
        arch="x86_64",
        machine="q35",
        emulator="/usr/bin/qemu-system-x86_64",
        memory=4 << 20,
        max_memory=8 << 20,
        memory_slots=16,
        vcpus=8,
        acpi=True,
        ps2=False,
        cells=(
            NumaCell(id=0, memory=2 << 20, cpus=(0, 1, 2, 3)),
            NumaCell(id=1, memory=2 << 20, cpus=(4, 5, 6, 7)),
        ),
        memnodes=(MemNode(cell=1, nodes=(0, 2)),),
        vcpu_pins=(VcpuPin(vcpu=0, cpus=(1, 3)),),
    )


def test_a_domain_without_anything() -> None:
    assert guest("<domain/>") == Guest()
    assert guest("<domain><devices/></domain>") == Guest()


def test_json_says_nothing_of_what_is_empty() -> None:
    """In no version of Python."""
    text = "<domain><numatune><memory nodeset='0'/></numatune><cputune><shares>9</shares></cputune></domain>"
    assert guest(text).to_json() == Guest().to_json() == "{}"


def test_cells_without_id_count_by_position() -> None:
    text = "<domain><cpu><numa><cell memory='1'/><cell memory='2'/></numa></cpu></domain>"
    assert guest(text).cells == (NumaCell(id=0, memory=1), NumaCell(id=1, memory=2))


def test_devices_keep_their_order_and_lines() -> None:
    text = """<domain>
  <devices>
    <!-- <disk/>
    -->
    <hub type='usb'/>

    <disk><target dev='vda'/></disk><panic/>
  </devices>
  <devices><rng
     model='virtio'/></devices>
</domain>"""
    assert [(type(d), d.line) for d in guest(text).devices] == [(Hub, 5), (Disk, 7), (Panic, 7), (Rng, 9)]


def test_reading_twice_is_reading_once() -> None:
    document = parse("<domain><devices><memballoon model='none'><address type='pci'/></memballoon></devices></domain>")
    assert read(document) == read(document)
    assert len(document.dropped) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<memory>0x10</memory>", ("<memory>", "0x10")),
        ("<memory unit='parsec'>1</memory>", ("<memory>", "KiB")),
        ("<vcpu>0</vcpu>", ("<vcpu>", "'0'")),
        ("<vcpu>99999999999999999999</vcpu>", ("<vcpu>",)),
        ("<maxMemory slots='x'>1</maxMemory>", ("'slots'", "<maxMemory>")),
        ("<features><ps2 state='maybe'/></features>", ("'state'", "<ps2>", "maybe")),
        ("<features><ps2/></features>", ("'state'", "<ps2>", "missing")),
        ("<cpu><numa><cell id='-1'/></numa></cpu>", ("'id'", "<cell>")),
        ("<cpu><numa><cell cpus='0-99999999'/></numa></cpu>", ("'cpus'", "<cell>")),
        ("<cpu><numa><cell memory='1e3'/></numa></cpu>", ("'memory'", "<cell>", "1e3")),
        ("<numatune><memnode nodeset='0'/></numatune>", ("'cellid'", "missing")),
        ("<cputune><vcpupin vcpu='0' cpuset='x'/></cputune>", ("'cpuset'",)),
        ("<devices><controller index='-1'/></devices>", ("'index'", "<controller>", "'-1'")),
        ("<devices><controller index='1e3'/></devices>", ("'index'", "1e3")),
        (
            "<devices><controller type='pci'><target busNr='255'/></controller></devices>",
            ("'busNr'", "<target>", "254"),
        ),
        ("<devices><controller type='pci'><target chassisNr='0'/></controller></devices>", ("'chassisNr'", "255")),
        ("<devices><controller type='pci'><target><node/></target></controller></devices>", ("<node>",)),
        ("<devices><controller type='pci'><target hotplug='yes'/></controller></devices>", ("'hotplug'", "on or off")),
        ("<devices><interface><mac address='1:2:3'/></interface></devices>", ("'address'", "<mac>", "1:2:3")),
        ("<devices><memory model='dimm'><target><size>x</size></target></memory></devices>", ("<size>", "'x'")),
        ("<devices><memballoon/></devices>", ("'model'", "<memballoon>", "missing")),
        ("<devices><channel type='pty'/></devices>", ("'type'", "<channel>", "missing")),
        ("<devices><channel type='pty'><target/></channel></devices>", ("'type'", "<target>", "missing")),
        ("<devices><hub/></devices>", ("'type'", "<hub>", "missing")),
        ("<devices><disk><address type='pci' slot='0x20' bus='1'/></disk></devices>", ("'slot'", "<address>")),
    ],
)
def test_refused_with_place_and_line(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueInvalid) as caught:
        guest(f"<domain>\n\n{text}</domain>")
    assert caught.value.line == 3
    for word in words:
        assert word in caught.value.message


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(DevaddrError) as caught:
        guest(f"<domain><vcpu>{'x' * 100_000}</vcpu></domain>")
    assert len(str(caught.value)) < 300
