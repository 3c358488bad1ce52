"""Documents that are made to hurt: a clear refusal or a right result, in little time and with little memory."""

from __future__ import annotations

import json
import sys
from itertools import product

import pytest
from lxml import etree

if sys.platform != "linux":
    pytest.skip("processes are limited as Linux does it", allow_module_level=True)

from robustness.limited import TIME, assert_refused, run_limited

ARCHITECTURES = {"q35": "x86_64", "pc": "x86_64", "s390-ccw-virtio": "s390x", "pseries": "ppc64"}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
#: A little less than the most elements that a document may have.
MANY = 39_900
TEN_MEGABYTES = 10_000_000


def domain(devices: str = "", machine: str = "q35", more: str = "", head: str = "") -> bytes:
    arch = ARCHITECTURES[machine]
    return (
        f"{head}<domain type='kvm'><name>guest</name><memory>1048576</memory>{more}"
        f"<os><type arch='{arch}' machine='{machine}'>hvm</type></os><devices>{devices}</devices></domain>"
    ).encode()


def controller(attributes: str, inner: str = "") -> str:
    return f"<controller type='pci' model='pcie-root-port' {attributes}>{inner}</controller>"


def cell(cpus: str) -> str:
    return f"<cell id='0' cpus='{cpus}' memory='1'/>"


def at(value: str, name: str = "bus") -> str:
    numbers = {"domain": "0x0000", "bus": "0x00", "slot": "0x05", "function": "0x0", name: value}
    attributes = "".join(f" {key}='{number}'" for key, number in numbers.items())
    return f"<rng model='virtio'><backend model='random'>/x</backend><address type='pci'{attributes}/></rng>"


#: What no number is, or none that an address, an index or a port has.
NUMBERS = (
    "0x",
    "-1",
    "1e3",
    "99999999999999999999",
    "0x1FFFFFFFFFFFFFFFF",
    "",
    " ",
    "٣",
    "0b1",
    "1_0",
    "nan",
    "4294967296",
)

DISKS = "".join(f"<disk><target dev='vd{n}' bus='virtio'/></disk>" for n in range(100_000))
SCSI_NAMES = [f"sd{''.join(letters)}" for letters in product(LETTERS, repeat=3)]

VIRTIO = "<input type='tablet' bus='virtio'/>"

REFUSED = {
    "entities": (
        domain(head=f'<!DOCTYPE d [<!ENTITY l0 "ha">{ENTITIES}]>', more="<title>&l9;</title>"),
        "document type",
    ),
    "external document type": (domain(head="<!DOCTYPE d SYSTEM 'http://localhost:1/d.dtd'>"), "document type"),
    "external entity": (domain(head="<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"), "document type"),
    "parameter entity": (domain(head="<!DOCTYPE d [<!ENTITY % x SYSTEM '/dev/zero'> %x;]>"), "document type"),
    "deep nesting": (domain("<a>" * 30_000), "deeper than 256"),
    "the deepest nesting": (domain("<a>" * 5_000_000), "more than 40000 elements"),
    "100,000 devices": (domain("<rng model='virtio'/>" * 100_000), "more than 40000 elements"),
    "100,000 disks": (domain(DISKS), "more than 40000 elements"),
    "a crowd of Express devices": (domain(VIRTIO * MANY), "all 256 PCI buses are in use"),
    "a crowd of conventional devices": (domain(VIRTIO * MANY, "pc"), "all 256 PCI buses are in use"),
    "a crowd of root ports": (domain(controller("") * MANY), "pcie-root"),
    "a crowd of USB controllers": (domain("<controller type='usb' model='qemu-xhci'/>" * MANY), "256 PCI buses"),
    "a crowd of SATA controllers": (domain("<controller type='sata'/>" * MANY), "256 PCI buses"),
    "a crowd of hubs": (domain("<hub type='usb'/>" * MANY), "no USB port is free"),
    "a crowd of SCSI disks": (
        domain("".join(f"<disk device='cdrom'><target dev='{name}' bus='scsi'/></disk>" for name in SCSI_NAMES)),
        "no bus that accepts it has a free place",
    ),
    "a crowd of channels": (domain("<channel><target type='virtio'/></channel>" * (MANY // 2)), "256 PCI buses"),
    "a name of 10 MB": (domain(f"<disk><target dev='{'v' * TEN_MEGABYTES}' bus='virtio'/></disk>"), "disk vvv"),
    "a number of 10 MB": (domain(controller(f"index='{'9' * TEN_MEGABYTES}'")), "expected a whole number"),
    "an address of 10 MB": (domain(at("0x" + "0" * TEN_MEGABYTES)), "'bus'"),
    "NUL": (domain("\0"), "not well-formed"),
    "NUL reference": (domain("&#0;"), "not well-formed"),
    "half of UTF-16": (domain().decode().encode("utf-16")[:-1], "UTF-16"),
    "not UTF-8": (domain(more="<title>?</title>").replace(b"?", b"\xff"), "not valid UTF-8"),
    "UTF-7": (domain(head="<?xml version='1.0' encoding='utf-7'?>"), "encoding"),
    "declared UTF-16": (domain(head="<?xml version='1.0' encoding='UTF-16'?>"), "encoding"),
    "attribute twice": (domain("<disk a='1' a='2'/>"), "duplicate attribute"),
    "a set of all CPUs, many times": (
        domain(more=f"<cpu><numa>{cell('0-16383,' * 99)}</numa></cpu>"),
        "does not repeat its members",
    ),
    "a CPU of another age": (domain(more=f"<cpu><numa>{cell('0-4294967295')}</numa></cpu>"), "below 16384"),
    "sets of millions": (
        domain(more="<cputune>" + "<vcpupin vcpu='0' cpuset='0-16383'/>" * 30_000 + "</cputune>"),
        "larger than any guest needs",
    ),
    "a disk name of a large number": (
        domain("<disk device='cdrom'><target dev='sdfxshrxw' bus='scsi'/></disk>"),
        "lower controller",
    ),
    "a far SCSI controller": (
        domain(
            "<disk device='cdrom'><target dev='sda' bus='scsi'/><address type='drive' controller='4294967295'/></disk>"
        ),
        "lower controller",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str) -> None:
    document, words = REFUSED[name]
    assert_refused(run_limited(document, "assign"), words)


ACCEPTED = {
    "10 MB of an attribute that says nothing": domain(VIRTIO.replace("type", f"x='{'v' * TEN_MEGABYTES}' type")),
    "10 MB of comment": domain(f"<!--{'x' * TEN_MEGABYTES}-->"),
    "XInclude": domain("<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd'/>"),
    "a processing instruction": domain("<?xml-stylesheet href='file:///etc/passwd'?>"),
    "a schema location": domain(
        "<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:schemaLocation='u http://x/'/>"
    ),
    "a far virtio-serial controller": domain("<controller type='virtio-serial' index='4294967295'/>"),
    "ports without end": domain("<controller type='virtio-serial' ports='4294967295'/>"),
    "memory slots without end": domain(more="<maxMemory slots='4294967295'>1048576</maxMemory>"),
    "a crowd of serial ports": domain("<serial type='pty'/>" * MANY),
    "a crowd of channel devices": domain(VIRTIO * MANY, "s390-ccw-virtio"),
    "a crowd of attributes": domain(VIRTIO.replace("type", " ".join(f"a{n}=''" for n in range(100_000)) + " type")),
    "a crowd of comments": domain("<!---->" * 30_000),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_it_is_completed(name: str) -> None:
    given = ACCEPTED[name]
    outcome = run_limited(given, "assign", "--quiet")
    assert (outcome.code, outcome.errors) == (0, "")
    assert outcome.time < TIME
    assert b"root:" not in outcome.output
    parser = etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True)
    root = etree.fromstring(outcome.output, parser)
    assert len(root.findall("devices/*")) > len(etree.fromstring(given, parser).findall("devices/*"))


def addressed(element: str, address: str) -> str:
    return element.replace("</", f"<address {address}/></", 1)


DISK = "<disk><target dev='sda' bus='scsi'/></disk>"
CHANNEL = "<channel><target type='virtio'/></channel>"
TABLET = "<input type='tablet' bus='usb'></input>"

PLACES = {
    "bus": at,
    "slot": lambda value: at(value, "slot"),
    "function": lambda value: at(value, "function"),
    "index": lambda value: controller(f"index='{value}'"),
    "chassis": lambda value: controller("index='1'", f"<target chassis='{value}'/>"),
    "drive unit": lambda value: addressed(DISK, f"type='drive' unit='{value}'"),
    "USB port": lambda value: addressed(TABLET, f"type='usb' bus='0' port='{value}'"),
    "virtio-serial port": lambda value: addressed(CHANNEL, f"type='virtio-serial' port='{value}'"),
}


@pytest.mark.parametrize("place", PLACES)
def test_strange_numbers(place: str) -> None:
    """Many documents in one stream, which saves processes: all are refused, each in a line of its own."""
    stream = b"\n".join(domain(PLACES[place](number)) for number in NUMBERS)
    outcome = run_limited(stream, "assign")
    assert (outcome.code, outcome.output) == (1, b"")
    assert len(outcome.errors.splitlines()) == len(NUMBERS)


GUESTS = {
    "deep nesting": "[" * 1_000_000,
    "deep objects": '{"a":' * 1_000_000,
    "a huge number": '{"vcpus": 1' + "0" * 1_000_000 + "}",
    "a number of another kind": '{"vcpus": 1e400}',
    "a negative number": '{"devices": [{"kind": "controller", "type": "pci", "index": -1, "model": "pcie-root-port"}]}',
    "a number beyond 64 bits": '{"devices": [{"kind": "serial", "port": 99999999999999999999}]}',
    "text for a number": '{"memory": "much"}',
    "a list for an object": "[]",
    "null": "null",
    "nothing": "",
    "lone surrogate": '{"name": "\\ud800"}',
    "not UTF-8": b'{"name": "\xff"}',
    "NUL": b'{"name": "\0"}',
    "unknown kind": '{"devices": [{"kind": "toaster"}]}',
    "wrong type of address": '{"devices": [{"kind": "rng", "address": {"type": "pci", "bus": "0x1"}}]}',
    "a bus beyond the last": json.dumps(
        {"devices": [{"kind": "rng", "model": "virtio", "address": {"type": "pci", "bus": 2**62, "slot": 1}}]}
    ),
    "many devices": json.dumps(
        {"machine": "q35", "arch": "x86_64", "devices": [{"kind": "rng", "model": "virtio"}] * 40_000}
    ),
}


@pytest.mark.parametrize("name", GUESTS)
@pytest.mark.parametrize("command", ["plan", "render"])
def test_hostile_guests_in_json(command: str, name: str) -> None:
    text = GUESTS[name]
    outcome = run_limited(text if isinstance(text, bytes) else text.encode(), command)
    assert outcome.code in (1, 2) if command == "plan" else outcome.code in (0, 1, 2)
    assert "internal error" not in outcome.errors
    assert "not enough memory" not in outcome.errors
    assert "Traceback" not in outcome.errors
    assert len(outcome.errors) < 5000
    assert outcome.time < TIME


POLICIES = {
    "deep nesting": "[" * 1_000_000,
    "deep devices": '{"devices": ' + "[" * 1_000_000,
    "a huge number": '{"spare-ports": 1' + "0" * 1_000_000 + "}",
    "a negative number": '{"spare-ports": -1}',
    "wrong type": '{"spare-ports": []}',
    "unknown word": '{"spare-tyres": 1}',
    "a long word": json.dumps({"x" * 5_000_000: 1}),
    "a long value": json.dumps({"numa": "x" * 5_000_000}),
    "null": "null",
    "NUL": b'{"numa": "\0"}',
    "XML with an entity": "<!DOCTYPE p [<!ENTITY x SYSTEM '/etc/passwd'>]><p>&x;</p>",
    "other XML": "<domain/>",
    "many devices": json.dumps({"devices": [{"ref": f"vd{n}", "hotplug": "yes"} for n in range(100_000)]}),
}


@pytest.mark.parametrize("name", POLICIES)
def test_hostile_policies(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    text = POLICIES[name]
    policy = tmp_path_factory.mktemp("policy") / "policy.json"
    policy.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = run_limited(domain(), "assign", "--policy", str(policy))
    assert outcome.code in (1, 2)
    assert outcome.output == b""
    assert "internal error" not in outcome.errors
    assert "not enough memory" not in outcome.errors
    assert len(outcome.errors) < 5000
    assert outcome.time < TIME
