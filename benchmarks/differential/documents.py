"""Documents put together from a catalogue of devices, and mutations of them; the same seed gives the same document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random

from lxml import etree

MACHINES = {"q35": "x86_64", "pc": "x86_64", "virt": "aarch64", "pseries": "ppc64", "s390-ccw-virtio": "s390x"}
_WEIGHTS = (10, 7, 1, 1, 1)

#: Names of disks by the beginning that a bus wants.
_NAMES = "abcdefghijklmnopqrstuvwxyz"

#: Values that people and programs write by mistake anywhere.
_ANY = ("", "0", "1", "-1", "yes", "no", "on", "off", "none", "default", "foo", "99999999999", "0x1", "virtio", "auto")

#: Kinds of which a guest has one, and controllers, which come once for each type and index.
_ONCE = {"memballoon", "vsock", "iommu", "panic", "tpm", "video", "redirfilter", "crypto"}


@cache
def catalogue() -> tuple[etree._Element, ...]:
    return tuple(etree.parse(Path(__file__).with_name("catalogue.xml")).getroot().iterfind("*"))


@cache
def values() -> dict[tuple[str, str], tuple[str, ...]]:
    """The values that each attribute has anywhere in the catalogue, by element and attribute."""
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for device in catalogue():
        for element in device.iter("*"):
            for name, value in element.attrib.items():
                found[str(element.tag), str(name)][str(value)] = None
    return {key: tuple(each) for key, each in found.items()}


def document(seed: int) -> etree._Element:
    """A domain that most libvirts take."""
    random = Random(seed)
    machine = random.choices(list(MACHINES), _WEIGHTS)[0]
    domain = etree.fromstring(_head(random, machine, seed))
    devices = domain.find("devices")
    assert devices is not None
    suitable = [one for one in catalogue() if machine in one.get("machines", machine).split()]
    chosen = random.sample(suitable, random.randint(3, 14))
    taken: set[tuple[object, ...]] = set()
    for one in chosen:
        device = deepcopy(one)
        device.tail = None
        device.attrib.pop("machines", None)
        key = (device.tag, device.get("type"), device.get("index")) if device.tag == "controller" else (device.tag,)
        if device.tag in _ONCE or (device.tag == "controller" and "ich9" not in device.get("model", "")):
            if key in taken:
                continue
            taken.add(key)
        if domain.find("os/boot") is not None:
            for boot in device.findall("boot"):
                device.remove(boot)
        devices.append(device)
    if devices.find("graphics[@type='spice']") is None and random.random() < 0.9:
        _without_spice(devices)
    return domain


def _head(random: Random, machine: str, seed: int) -> str:
    x86 = MACHINES[machine] == "x86_64"
    boot = "<boot dev='hd'/>" if random.random() < 0.2 else ""
    memory = (
        "<maxMemory slots='16' unit='GiB'>16</maxMemory><memory unit='GiB'>2</memory>"
        if x86
        else "<memory unit='GiB'>2</memory>"
    )
    cells = "<cpu><numa><cell id='0' cpus='0-1' memory='2' unit='GiB'/></numa></cpu>" if x86 else ""
    return (
        f"<domain type='qemu'><name>mutated-{seed}</name>{memory}<vcpu>2</vcpu><iothreads>2</iothreads>"
        f"<os><type arch='{MACHINES[machine]}' machine='{machine}'>hvm</type>{boot}</os>"
        f"{'<features><acpi/></features>' if x86 else ''}{cells}<devices></devices></domain>"
    )


def _without_spice(devices: etree._Element) -> None:
    """Without the devices that need SPICE graphics."""
    for device in list(devices):
        if "spice" in (device.get("type") or ""):
            devices.remove(device)


def mutated(seed: int) -> str:
    """A document with one to three mutations; a twentieth has none."""
    random = Random(seed)
    domain = document(random.randrange(1 << 30))
    for _ in range(random.choice((0, *[1] * 12, 2, 2, 2, 2, 3, 3))):
        random.choice(_MUTATIONS)(random, domain)
    return etree.tostring(domain, encoding="unicode")


def _elements(domain: etree._Element) -> list[etree._Element]:
    return list(domain.iterfind("devices//*"))


def _devices(domain: etree._Element) -> list[etree._Element]:
    return list(domain.iterfind("devices/*"))


def _remove_attribute(random: Random, domain: etree._Element) -> None:
    if found := [(each, name) for each in _elements(domain) for name in each.attrib]:
        element, name = random.choice(found)
        del element.attrib[name]


def _change_attribute(random: Random, domain: etree._Element) -> None:
    if not (found := [(each, name) for each in _elements(domain) for name in each.attrib]):
        return
    element, name = random.choice(found)
    known = values().get((str(element.tag), str(name)), ())
    value = element.get(name) or ""
    slip = value[:-1] if random.random() < 0.5 else value.swapcase()
    element.set(name, random.choice([random.choice(known or _ANY), random.choice(_ANY), slip]))


def _remove_element(random: Random, domain: etree._Element) -> None:
    if found := list(domain.iterfind("devices/*//*")):
        element = random.choice(found)
        element.getparent().remove(element)


def _duplicate_element(random: Random, domain: etree._Element) -> None:
    if found := _elements(domain):
        element = random.choice(found)
        element.addnext(deepcopy(element))


def _duplicate_device(random: Random, domain: etree._Element) -> None:
    if found := _devices(domain):
        device = random.choice(found)
        device.addnext(deepcopy(device))


def _foreign_device(random: Random, domain: etree._Element) -> None:
    device = deepcopy(random.choice(catalogue()))
    device.attrib.pop("machines", None)
    device.tail = None
    domain.find("devices").append(device)


def _exchange(random: Random, domain: etree._Element) -> None:
    """Give a device a child, or an attribute, of another device of its kind."""
    if not (found := _devices(domain)):
        return
    device = random.choice(found)
    other = random.choice([one for one in catalogue() if one.tag == device.tag])
    children = list(other)
    if children and random.random() < 0.5:
        new = deepcopy(random.choice(children))
        old = device.find(str(new.tag))
        if old is not None:
            device.replace(old, new)
        else:
            device.append(new)
    elif other.attrib:
        name = random.choice([name for name in other.attrib if name != "machines"] or ["type"])
        device.set(name, other.get(name) or "")


def _exchange_tag(random: Random, domain: etree._Element) -> None:
    if found := _devices(domain):
        random.choice(found).tag = random.choice(catalogue()).tag


def _boot_devices(random: Random, domain: etree._Element) -> None:
    """Bring a boot device of the guest, or a boot order of a device."""
    if random.random() < 0.3:
        etree.SubElement(domain.find("os"), "boot", dev=random.choice(("hd", "cdrom", "network")))
    elif found := [each for each in _devices(domain) if each.tag in ("disk", "interface", "hostdev")]:
        etree.SubElement(random.choice(found), "boot", order=random.choice(("1", "1", "2", "3", "0", "x")))


def _address(random: Random, domain: etree._Element) -> None:
    if found := _devices(domain):
        given = {
            "pci": {"domain": "0x0000", "bus": "0x00", "slot": f"0x{random.randrange(34):02x}", "function": "0x0"},
            "drive": {"controller": "0", "bus": "0", "target": "0", "unit": str(random.randrange(9))},
            "usb": {"bus": "0", "port": str(random.randrange(5))},
            "virtio-serial": {"controller": "0", "bus": "0", "port": str(random.randrange(40))},
            "isa": {"iobase": "0x505"},
            "none": {},
        }
        kind = random.choice(list(given))
        device = random.choice(found)
        for old in device.findall("address"):
            device.remove(old)
        etree.SubElement(device, "address", type=kind, **given[kind])


_MUTATIONS: tuple[Callable[[Random, etree._Element], None], ...] = (
    _remove_attribute,
    _remove_attribute,
    _remove_attribute,
    _change_attribute,
    _change_attribute,
    _change_attribute,
    _change_attribute,
    _remove_element,
    _remove_element,
    _duplicate_element,
    _duplicate_device,
    _foreign_device,
    _exchange,
    _exchange,
    _exchange_tag,
    _boot_devices,
    _address,
)
