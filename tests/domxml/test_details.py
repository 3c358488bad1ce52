"""What a document says beside what decides addresses, and how two documents differ in it."""

from __future__ import annotations

import pytest

from devaddr_xml.domxml.details import _EVERY, _OF_GUEST, _OF_KIND, _USUAL
from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.operations.diff import diff

#: The attribute that makes a minimal element of a kind a device that the reader takes.
MINIMAL = {
    "disk": "<disk type='file' device='disk'>{}<target dev='sda' bus='scsi'/></disk>",
    "controller": "<controller type='scsi' index='0' model='virtio-scsi'>{}</controller>",
    "interface": "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/>{}</interface>",
    "hostdev": "<hostdev mode='subsystem' type='pci'>{}"
    "<source><address domain='0' bus='1' slot='0' function='0'/></source></hostdev>",
    "filesystem": "<filesystem>{}<source dir='/a'/><target dir='t'/></filesystem>",
    "video": "<video>{}</video>",
    "sound": "<sound model='ich9'{}</sound>",
    "memballoon": "<memballoon model='virtio'{}</memballoon>",
    "shmem": "<shmem name='m'{}</shmem>",
    "vsock": "<vsock model='virtio'>{}</vsock>",
    "memory": "<memory model='dimm'{}<target><size unit='MiB'>512</size></target></memory>",
    "iommu": "<iommu model='intel'>{}</iommu>",
    "crypto": "<crypto model='virtio' type='qemu'>{}</crypto>",
    "pstore": "<pstore backend='acpi-erst'><path>/p</path>{}</pstore>",
    "tpm": "<tpm model='tpm-crb'>{}</tpm>",
}
#: Read by the guest's model where a minimal element would not be taken with just any text.
NUMBERS = ("acpi/@index", "target/block", "target/readonly", "driver/@pciBus")


def element(path: str, value: str, inner: str = "") -> str:
    """The elements of a path, the last with the value; an attribute of the device itself ends its start tag."""
    *above, last = path.split("/")
    own = f"{inner}<{last}>{value}</{last}>" if not last.startswith("@") else inner
    attribute = f" {last[1:]}='{value}'" if last.startswith("@") else ""
    for tag in reversed(above):
        own = f"<{tag}{attribute}>{own}</{tag}>"
        attribute = ""
    return own if above or not attribute else attribute


def device(kind: str, path: str, value: str | None) -> str:
    """A minimal device of the kind with the value, or without it, at the path."""
    said = element(path, value) if value is not None else ""
    template = MINIMAL[kind]
    if "{}<" in template.split(">")[0] + ">" or "'{}" in template:
        said = f"{said}>" if path.startswith("@") else f">{said}"
    return template.format(said)


def domain(devices: str = "", parts: str = "") -> str:
    return f"<domain type='qemu'><name>d</name>{parts}<devices>{devices}</devices></domain>"


ROWS = [(kind, path) for kind, paths in _OF_KIND.items() for path in paths if path not in NUMBERS]


@pytest.mark.parametrize(("kind", "path"), ROWS, ids=lambda value: value)
def test_each_row_is_a_difference(kind: str, path: str) -> None:
    """Another value is a change of that device and nothing else; the same value is none."""
    one, other = (domain(device(kind, path, value)) for value in ("17", "18"))
    assert not diff(one, one)
    (change,) = diff(one, other).changes
    assert (change.change, change.kind, change.old, change.new) == ("changed", kind, "17", "18")
    assert change.attribute == " ".join(path.replace("@", "").split("/")[-2:])
    (change,) = diff(domain(device(kind, path, None)), other).changes
    assert (change.old, change.new) == (None, "18")


@pytest.mark.parametrize("path", _EVERY)
def test_every_device_has_these(path: str) -> None:
    (change,) = diff(domain(device("disk", path, "17")), domain(device("disk", path, "18"))).changes
    assert (change.kind, change.old, change.new) == ("disk", "17", "18")


@pytest.mark.parametrize("path", _OF_GUEST)
def test_of_the_guest_as_a_whole(path: str) -> None:
    (change,) = diff(domain(parts=element(path, "a")), domain(parts=element(path, "b"))).changes
    assert (change.kind, change.old, change.new) == ("guest", "a", "b")


@pytest.mark.parametrize(
    ("old", "new", "attribute"),
    [
        ("<features><pae/></features>", "", "feature pae"),
        (
            "<features><hyperv mode='custom'><relaxed state='on'/></hyperv></features>",
            "<features><hyperv mode='custom'><relaxed state='off'/></hyperv></features>",
            "feature hyperv",
        ),
        (
            "<cpu><feature name='vmx' policy='require'/></cpu>",
            "<cpu><feature policy='disable' name='vmx'/></cpu>",
            "cpu feature vmx",
        ),
        ("<clock><timer name='hpet' present='no'/></clock>", "<clock/>", "timer hpet"),
    ],
)
def test_lists(old: str, new: str, attribute: str) -> None:
    (change,) = diff(domain(parts=old), domain(parts=new)).changes
    assert (change.kind, change.attribute) == ("guest", attribute)


def test_what_only_the_host_notices_is_no_difference() -> None:
    old = "<disk type='file' device='disk'><driver cache='none' io='native'/><target dev='sda' bus='scsi'/></disk>"
    new = "<disk type='file' device='disk'><driver cache='unsafe'/><target dev='sda' bus='scsi'/></disk>"
    assert not diff(domain(old), domain(new))


@pytest.mark.parametrize("name", sorted(_USUAL))
def test_saying_what_is_usual_makes_no_difference(name: str) -> None:
    path = next(
        path
        for path in (*_EVERY, *(path for paths in _OF_KIND.values() for path in paths))
        if " ".join(path.replace("@", "").split("/")[-2:]) == name
    )
    kind = next((kind for kind, paths in _OF_KIND.items() if path in paths), "disk")
    assert not diff(domain(device(kind, path, None)), domain(device(kind, path, _USUAL[name])))


def test_a_neutral_guest_is_compared_in_what_it_has() -> None:
    old = domain(device("interface", "mtu/@size", "1500"))
    assert not diff(read_guest(old).to_json(), domain(device("interface", "mtu/@size", "9000")))


def test_kinds_are_those_of_the_reader() -> None:
    assert set(_OF_KIND) <= set(LAYOUTS)


CDROM = "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/>{}</disk>"


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (domain(CDROM.format("")), domain(CDROM.format("<readonly/>")), 0),
        (domain(), domain(parts="<sysinfo type='smbios'><bios><entry name='vendor'>x</entry></bios></sysinfo>"), 1),
        (
            domain(parts="<sysinfo type='smbios'><oemStrings><entry>a</entry><entry>b</entry></oemStrings></sysinfo>"),
            domain(parts="<sysinfo type='smbios'><oemStrings><entry>a</entry><entry>c</entry></oemStrings></sysinfo>"),
            1,
        ),
        (
            domain(parts="<sysinfo type='fwcfg'><entry name='opt/a'>1</entry></sysinfo>"),
            domain(parts="<sysinfo type='fwcfg'><entry name='opt/a' file='/a'/></sysinfo>"),
            1,
        ),
    ],
)
def test_tables_of_the_firmware_and_media_that_are_read_only(old: str, new: str, changes: int) -> None:
    assert len(diff(old, new).changes) == changes
