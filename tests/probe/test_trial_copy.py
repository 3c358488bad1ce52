"""Copies of domains that can be started anywhere."""

from __future__ import annotations

import pytest
from lxml import etree

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe.back_ends import without_back_end
from devaddr_xml.probe.trial_copy import ALIAS, device_key, is_addition, trial_copy

ADDRESS = "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>"

#: A device, and what the copy has instead of it; nothing: it is left out.
DEVICES = {
    "network disk": (
        "<disk type='network' device='disk'><driver name='qemu' type='qcow2' iothread='1'/><auth username='u'/>"
        f"<source protocol='rbd' name='pool/image'/><target dev='vda' bus='virtio'/><iotune/>{ADDRESS}</disk>",
        "<disk type='block' device='disk'><driver name='qemu' type='raw' cache='writeback'/><source dev='/dev/null'/>"
        f"<target dev='vda' bus='virtio'/>{ADDRESS}<shareable/></disk>",
    ),
    "full cdrom": (
        "<disk type='file' device='cdrom'><source file='/a.iso'/><target dev='sda' bus='sata'/><readonly/></disk>",
        "<disk type='block' device='cdrom'><driver name='qemu' type='raw' cache='writeback'/>"
        "<target dev='sda' bus='sata'/><readonly/></disk>",
    ),
    "bridged network card": (
        "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><target dev='vnet0'/>"
        f"<model type='e1000'/><bandwidth/><vlan/>{ADDRESS}</interface>",
        f"<interface type='user'><mac address='52:54:00:00:00:01'/><model type='e1000'/>{ADDRESS}</interface>",
    ),
    "passed through network card": (
        "<interface type='hostdev'><source><address type='pci' bus='2'/></source><acpi index='4'/>"
        f"{ADDRESS}</interface>",
        f"<interface type='user'>{ADDRESS}<model type='virtio'/><acpi index='4'/></interface>",
    ),
    "passed through PCI device": (
        f"<hostdev mode='subsystem' type='pci'><source><address bus='2'/></source><rom bar='off'/>{ADDRESS}</hostdev>",
        f"<interface type='user'><model type='virtio'/>{ADDRESS}</interface>",
    ),
    "passed through USB device": (
        "<hostdev mode='subsystem' type='usb'><source/><address type='usb' bus='0' port='2'/></hostdev>",
        "<input type='tablet' bus='usb'><address type='usb' bus='0' port='2'/></input>",
    ),
    "host device without a place": ("<hostdev type='pci'><source/><address type='unassigned'/></hostdev>", None),
    "evdev input": ("<input type='evdev'><source dev='/dev/input/event0'/></input>", None),
    "pty console": (
        "<console type='pty' tty='/dev/pts/3'><source path='/dev/pts/3'/><target type='virtio' port='0'/></console>",
        "<console type='null'><target type='virtio' port='0'/></console>",
    ),
    "agent channel": (
        "<channel type='unix'><source mode='bind'/><target type='virtio' name='a.b' state='connected'/></channel>",
        "<channel type='null'><target type='virtio' name='a.b'/></channel>",
    ),
    "virtiofs": (
        f"<filesystem type='mount'><driver type='virtiofs'/><source dir='/x'/><target dir='t'/>{ADDRESS}</filesystem>",
        f"<filesystem type='mount'><driver type='path'/><source dir='/'/><target dir='t'/>{ADDRESS}</filesystem>",
    ),
    "accelerated video": (
        f"<video><driver name='vhostuser'/><model type='virtio'><acceleration accel3d='yes'/></model>{ADDRESS}</video>",
        f"<video><model type='virtio'/>{ADDRESS}</video>",
    ),
    "shared memory": (
        f"<shmem name='s'><model type='ivshmem-doorbell'/><server path='/x'/>{ADDRESS}</shmem>",
        f"<interface type='user'><model type='virtio'/>{ADDRESS}</interface>",
    ),
    "tpm": ("<tpm model='tpm-crb'><backend type='emulator'/></tpm>", None),
    "graphics": ("<graphics type='spice'/>", None),
    "sound": (f"<sound model='ich9'>{ADDRESS}</sound>", f"<sound model='ich9'>{ADDRESS}</sound>"),
}


def canonical(text: str | etree._Element) -> bytes:
    return etree.tostring(etree.fromstring(text) if isinstance(text, str) else text, method="c14n")


@pytest.mark.parametrize("name", DEVICES)
def test_device_without_back_end(name: str) -> None:
    given, wanted = DEVICES[name]
    original = etree.fromstring(given)
    bare = without_back_end(original)
    assert canonical(original) == canonical(given)
    assert (bare is None) == (wanted is None)
    if bare is not None and wanted is not None:
        assert canonical(bare) == canonical(wanted)


def test_scsi_host_devices_become_disks_of_different_names() -> None:
    hostdevs = (
        f"<hostdev type='scsi'><address type='drive' controller='{c}' unit='{u}'/></hostdev>"
        for c in (0, 1)
        for u in (0, 7)
    )
    disks = [without_back_end(etree.fromstring(hostdev)) for hostdev in hostdevs]
    names = {disk.find("target").get("dev") for disk in disks if disk is not None}
    assert len(names) == 4
    assert all(name.isalpha() for name in names)


DOMAIN = f"""
<domain type='kvm' id='7'><name>original</name><uuid>0f5a3f0e-1111-4bd5-9b4c-2f8f0f0f0f0f</uuid>
  <title>t</title><metadata/><memory unit='GiB'>64</memory><currentMemory unit='GiB'>32</currentMemory>
  <memoryBacking><hugepages/></memoryBacking><vcpu placement='static' cpuset='1-2' current='1'>4</vcpu>
  <cputune><vcpupin vcpu='0' cpuset='1'/></cputune><numatune/>
  <os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type><loader>/x</loader><boot dev='hd'/></os>
  <features><acpi/><hyperv/><kvm/><smm state='on'/></features>
  <cpu mode='host-model' check='partial'><topology sockets='1' cores='4' threads='1'/>
    <numa><cell id='0' cpus='0-1' memory='48' unit='GiB' memAccess='shared'/>
      <cell id='1' cpus='2-3' memory='16777216' unit='KiB'/></numa></cpu>
  <devices><emulator>/usr/bin/qemu-kvm</emulator>
    <controller type='pci' index='0' model='pcie-root'><alias name='pcie.0'/></controller>
    <interface type='network'><mac address='52:54:00:00:00:01'/><boot order='1'/><alias name='ua-x'/>
      {ADDRESS}</interface>
    <serial type='pty'/><console type='pty'><target type='serial' port='0'/></console>
    <memballoon model='none'/><tpm model='tpm-crb'/></devices>
  <seclabel type='dynamic'/></domain>"""


def test_copy_needs_nothing_of_the_host() -> None:
    copy = trial_copy(DOMAIN, "trial", "11111111-2222-4333-8444-555555555555")
    domain = etree.fromstring(copy.xml)
    assert domain.get("type") == "qemu"
    assert [child.tag for child in domain] == ["name", "uuid", "memory", "vcpu", "os", "features", "cpu", "devices"]
    assert (domain.findtext("name"), domain.findtext("uuid")) == ("trial", "11111111-2222-4333-8444-555555555555")
    assert dict(domain.find("vcpu").attrib) == {}
    assert [child.tag for child in domain.find("os")] == ["type"]
    assert [child.tag for child in domain.find("features")] == ["acpi"]
    assert dict(domain.find("cpu").attrib) == {}
    assert [(cell.get("memory"), cell.get("unit")) for cell in domain.iterfind("cpu/numa/cell")] == [
        ("1048576", "KiB"),
        ("1048576", "KiB"),
    ]
    assert (domain.findtext("memory"), domain.find("memory").get("unit")) == ("2097152", "KiB")
    assert domain.find("devices/interface/boot") is None


def test_every_device_can_be_recognised() -> None:
    copy = trial_copy(DOMAIN, "trial", "11111111-2222-4333-8444-555555555555")
    devices = etree.fromstring(copy.xml).find("devices")
    keys = {key for device in devices if (key := device_key(device))}
    assert [(device.element.tag, device.note) for device in copy.devices] == [
        ("controller", None),
        ("interface", None),
        ("serial", None),
        ("memballoon", None),
        ("tpm", "left out of the trial"),
    ]
    assert {device.key for device in copy.devices if device.note is None} == keys
    assert f"{ALIAS}2" in keys


def test_additions_of_libvirt_are_recognised() -> None:
    def added(text: str) -> bool:
        return is_addition(etree.fromstring(text), {f"{ALIAS}1", "pci 0 pcie-root"})

    assert added("<memballoon model='virtio'/>")
    assert added("<controller type='pci' index='9' model='pcie-root-port'/>")
    assert not added("<controller type='pci' index='0' model='pcie-root'/>")
    assert not added(f"<sound><alias name='{ALIAS}1'/></sound>")
    assert not added("<memballoon model='none'/>")
    assert not added("<audio id='1' type='none'/>")


def test_acpi_goes_where_it_needs_firmware() -> None:
    copy = trial_copy(DOMAIN.replace("x86_64", "aarch64"), "trial", "11111111-2222-4333-8444-555555555555")
    assert etree.fromstring(copy.xml).find("features/acpi") is None


def test_cells_that_lack_something_get_it() -> None:
    xml = DOMAIN.replace("memory='48'", "memory='0'").replace("cpus='2-3' ", "")
    domain = etree.fromstring(trial_copy(xml, "trial", "11111111-2222-4333-8444-555555555555").xml)
    cells = [(cell.get("cpus"), cell.get("memory")) for cell in domain.iterfind("cpu/numa/cell")]
    assert cells == [("0", "262144"), ("1-3", "1048576")]
    assert domain.findtext("vcpu") == "4"


@pytest.mark.parametrize("xml", ["<domain type='xen'/>", "<network/>", "nothing"])
def test_what_cannot_be_tried(xml: str) -> None:
    with pytest.raises(ProbeError):
        trial_copy(xml, "trial", "11111111-2222-4333-8444-555555555555")
