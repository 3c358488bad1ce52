"""A copy of a domain that can be started anywhere, beside the original, and in which every device can be recognised."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from lxml import etree

from devaddr_xml.model.errors import ProbeError
from devaddr_xml.probe.back_ends import without_back_end
from devaddr_xml.probe.host_devices import parse

#: The user alias that every device of the copy gets; the number is the device's place in the document, from 0.
ALIAS = "ua-devaddr-"

#: What of a domain decides over its devices and their places; everything else is left out of the copy.
_KEPT = ("memory", "maxMemory", "vcpu", "iothreads", "os", "features", "cpu", "devices")
_KEPT_FEATURES = ("acpi", "apic", "pae", "gic", "ps2")
_KEPT_OS = ("type",)
_KEPT_CPU = ("numa",)

#: Memory of each cell, in KiB, that a copy is given at most.
_CELL_MEMORY = 1024 * 1024

#: Memory of a cell that has none, in KiB.
_EMPTY_CELL_MEMORY = 256 * 1024

_NO_DEVICES = ("emulator", "audio")

_UNITS = {"b": 1, "bytes": 1, "KB": 1000, "k": 1024, "KiB": 1024, "MB": 10**6, "M": 1 << 20, "MiB": 1 << 20}
_UNITS |= {"GB": 10**9, "G": 1 << 30, "GiB": 1 << 30, "TB": 10**12, "T": 1 << 40, "TiB": 1 << 40}


class TrialDevice(NamedTuple):
    """A device of the original, and how to find it in the copy: its alias, or for a controller what it is.

    note: what the copy has in its place, if it does not have the device itself.
    """

    element: etree._Element
    key: str
    note: str | None


class TrialCopy(NamedTuple):
    """The copy, and every device of the original in document order."""

    xml: str
    devices: tuple[TrialDevice, ...]


def trial_copy(xml: str | bytes, name: str, uuid: str) -> TrialCopy:
    """A copy of the complete domain ``xml`` under another name, without back ends, that needs no acceleration.

    Raises ProbeError for a domain that is not for QEMU.
    """
    original = parse(xml)
    if original.tag != "domain" or original.get("type") not in ("qemu", "kvm"):
        raise ProbeError(f"verify accepts only domains of type qemu and kvm, not {original.get('type')}")
    copy = etree.Element("domain", type="qemu")
    etree.SubElement(copy, "name").text = name
    etree.SubElement(copy, "uuid").text = uuid
    copy.extend(child for child in parse(xml) if child.tag in _KEPT and child.tag != "devices")
    _simplify(copy)
    devices = etree.SubElement(copy, "devices")
    found = [_add(devices, number, element) for number, element in enumerate(original.iterfind("devices/*"))]
    return TrialCopy(etree.tostring(copy, encoding="unicode"), tuple([device for device in found if device]))


def device_key(device: etree._Element) -> str | None:
    """How a device of the copy is recognised; None if it is not one of the original's."""
    if device.tag == "controller":
        return f"{device.get('type')} {device.get('index')} {device.get('model')}"
    alias = device.find("alias")
    name = None if alias is None else alias.get("name")
    return name if name and name.startswith(ALIAS) else None


def is_addition(device: etree._Element, known: Container[str | None]) -> bool:
    """Whether libvirt put the device into the copy; known: the keys of the devices that the copy had before."""
    if device.tag in _NO_DEVICES or device.get("model") == "none" or device.find("model[@type='none']") is not None:
        return False
    return not _is_serial_console(device) and device_key(device) not in known


def _add(devices: etree._Element, number: int, element: etree._Element) -> TrialDevice | None:
    """Put the device's copy among ``devices``; the emulator and other parts that are no device are just copied."""
    if not isinstance(element.tag, str) or "}" in element.tag:
        return None
    bare = without_back_end(element)
    if bare is None:
        return TrialDevice(element, f"{ALIAS}{number}", "left out of the trial")
    for part in (*bare.findall("boot"), *bare.findall("alias")):
        bare.remove(part)
    devices.append(bare)
    if element.tag in _NO_DEVICES:
        return None
    if element.tag == "controller":
        return TrialDevice(element, str(device_key(element)), None)
    if _is_serial_console(element):
        return None
    etree.SubElement(bare, "alias", name=f"{ALIAS}{number}")
    return TrialDevice(element, f"{ALIAS}{number}", None if bare.tag == element.tag else f"tried as {bare.tag}")


def _is_serial_console(device: etree._Element) -> bool:
    """Whether this is the console that is only another name of the first serial port."""
    return device.tag == "console" and device.find("target[@type='serial']") is not None


def _simplify(domain: etree._Element) -> None:
    """Leave out what needs the original host: its CPU model, firmware, pinning and much memory."""
    for tag, kept in (("features", _KEPT_FEATURES), ("os", _KEPT_OS), ("cpu", _KEPT_CPU)):
        for part in domain.find(tag) if domain.find(tag) is not None else ():  # type: ignore[union-attr]
            if part.tag not in kept:
                part.getparent().remove(part)  # type: ignore[union-attr]
    _drop_acpi_without_firmware(domain)
    for path, attributes in _UNWANTED_ATTRIBUTES.items():
        for element in domain.iterfind(path):
            for attribute in attributes & set(element.attrib):
                del element.attrib[attribute]
    _furnish_cells(domain)
    _shrink_memory(domain)


def _drop_acpi_without_firmware(domain: etree._Element) -> None:
    """Outside x86 libvirt allows ACPI only with UEFI firmware, which the copy does not have."""
    acpi, system = domain.find("features/acpi"), domain.find("os/type")
    if acpi is not None and (system is None or system.get("arch") not in ("x86_64", "i686", None)):
        acpi.getparent().remove(acpi)  # type: ignore[union-attr]


_UNWANTED_ATTRIBUTES: dict[str, set[str]] = {
    "vcpu": {"cpuset", "placement", "current"},
    "os": {"firmware"},
    "features/gic[@version='host']": {"version"},
    "cpu": {"mode", "match", "check", "migratable"},
    "cpu/numa/cell": {"memAccess", "discard"},
}


def _furnish_cells(domain: etree._Element) -> None:
    """Give every NUMA cell memory and vCPUs: not every QEMU, nor every libvirt, can start with one that has none."""
    cells = domain.findall("cpu/numa/cell")
    for cell in cells:
        if not _kib(cell, cell.get("memory")):
            cell.set("memory", str(_EMPTY_CELL_MEMORY))
            cell.set("unit", "KiB")
    vcpus = domain.find("vcpu")
    if all(cell.get("cpus") for cell in cells) or vcpus is None:
        return
    count = max(len(cells), int(vcpus.text or "1"))
    vcpus.text = str(count)
    for number, cell in enumerate(cells):
        cell.set("cpus", str(number) if cell is not cells[-1] else f"{number}-{count - 1}")


def _shrink_memory(domain: etree._Element) -> None:
    memory = domain.find("memory")
    cells = domain.findall("cpu/numa/cell")
    if memory is None or _kib(memory, memory.text) <= _CELL_MEMORY * max(1, len(cells)):
        return
    for cell in cells:
        cell.set("memory", str(min(_CELL_MEMORY, _kib(cell, cell.get("memory")))))
        cell.set("unit", "KiB")
    memory.set("unit", "KiB")
    memory.text = str(sum(int(cell.get("memory", "0")) for cell in cells) or _CELL_MEMORY)


def _kib(element: etree._Element, number: str | None) -> int:
    return int(number or "0") * _UNITS.get(element.get("unit", "KiB"), 1024) // 1024
