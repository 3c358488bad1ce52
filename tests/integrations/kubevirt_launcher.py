"""What KubeVirt's launcher does with a domain around the hook: its passes, and what its own description of one loses.

Written from its documentation (docs/pci-topology.md) and from what it is known to keep of each element.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import NamedTuple

from lxml import etree

Hook = Callable[[str], str]

_PCI = ("type", "domain", "bus", "slot", "function")
_ADDRESS = (*_PCI, "controller", "target", "unit", "uuid", "device", "cssid", "ssid", "devno")

#: In the order in which it writes them: the devices it knows, with the paths that survive. An address where there is
#: none in the list is lost, as is all that is not named.
_KEPT: dict[str, tuple[str, ...]] = {
    "interface": ("@type", "source/*", "target/@dev", "target/@managed", "model/@type", "mac/*", "boot/*", "alias/*"),
    "channel": ("@type", "source/*", "target/@name", "target/@type", "target/@port"),
    "hostdev": ("@type", "@managed", "@mode", "@model", "source/*", "alias/*"),
    "panic": ("@model",),
    "controller": ("@type", "@index", "@model", "driver/*", "alias/*", "pcihole64/*"),
    "video": ("model/@type", "model/@heads", "model/@vram"),
    "graphics": ("@type", "@autoport", "@port"),
    "memballoon": ("@model", "stats/*", "driver/*"),
    "disk": ("@device", "@type", "@model", "source/*", "target/*", "driver/*", "readonly/*", "alias/*", "boot/*"),
    "input": ("@type", "@bus", "@model", "alias/*"),
    "serial": ("@type", "target/@port", "source/*", "alias/*"),
    "console": ("@type", "target/@type", "target/@port", "source/*", "alias/*"),
    "watchdog": ("@model", "@action", "alias/*"),
    "rng": ("@model", "backend/*", "driver/*"),
    "filesystem": ("@type", "@accessMode", "source/*", "target/*", "driver/*", "binary/*"),
    "redirdev": ("@type", "@bus", "source/*"),
    "sound": ("@model", "alias/*"),
    "tpm": ("@model", "backend/*"),
    "vsock": ("@model", "cid/*"),
    "memory": ("@model", "target/*", "alias/*"),
}
_WITHOUT_ADDRESS = {"channel", "panic", "video", "graphics", "serial", "console", "filesystem", "redirdev", "sound"}
_WITHOUT_ADDRESS |= {"tpm", "vsock"}

#: Of the element ``target`` of a controller; older versions lose all of it.
_KEPT_OF_TARGETS = ("busNr", "hotplug", "node")


class Launcher(NamedTuple):
    """A version of KubeVirt: whether it keeps something of a controller's target, and closes ports with a device."""

    keeps_targets: bool = True
    closes_ports: bool = True
    placeholder_model: str = "virtio-non-transitional"

    def read_back(self, xml: str) -> etree._Element:
        """What its description of a domain has of an XML document, as it writes it again."""
        domain = etree.fromstring(xml)
        for metadata in domain.iterfind("metadata"):
            domain.remove(metadata)
        old = domain.find("devices")
        new = etree.Element("devices")
        for emulator in old.iterfind("emulator"):
            new.append(deepcopy(emulator))
        for tag in _KEPT:
            new.extend(self._kept(device) for device in old.iterfind(tag))
        domain.replace(old, new)
        return domain

    def _kept(self, device: etree._Element) -> etree._Element:
        tag = str(device.tag)
        kept = _only(device, _KEPT[tag])
        target = device.find("target")
        if tag == "controller" and self.keeps_targets and target is not None:
            found = etree.Element("target", {name: target.get(name) for name in _KEPT_OF_TARGETS if target.get(name)})
            found.extend(deepcopy(child) for child in target.iterfind("node"))
            if found.attrib or len(found):
                kept.append(found)
        address = device.find("address")
        if tag not in _WITHOUT_ADDRESS and address is not None:
            etree.SubElement(kept, "address", {name: address.get(name) for name in _ADDRESS if address.get(name)})
        return kept

    def define(self, domain: str, hook: Hook, placeholders: int, extra: int) -> list[str]:
        """The result of the hook in each pass; the last one is the domain that is started."""
        spec = self.read_back(domain)
        results: list[str] = []
        if placeholders:
            with_placeholders = deepcopy(spec)
            _add(with_placeholders, "interface", [self._placeholder(number) for number in range(placeholders)])
            results.append(hook(_text(with_placeholders)))
            devices = self.read_back(results[-1]).find("devices")
            for interface in devices.findall("interface"):
                devices.remove(interface)
            devices[0:0] = [deepcopy(interface) for interface in spec.iterfind("devices/interface")]
            spec.replace(spec.find("devices"), devices)
        results.append(hook(_text(spec)))
        spec = self.read_back(results[-1])
        _add(spec, "controller", _ports(spec, extra))
        if self.closes_ports:
            _close_ports(spec)
        results.append(hook(_text(spec)))
        return results

    def _placeholder(self, number: int) -> etree._Element:
        interface = etree.Element("interface", type="ethernet")
        etree.SubElement(interface, "target", dev=f"placeholder-{number}", managed="no")
        etree.SubElement(interface, "model", type=self.placeholder_model)
        return interface


def without(xml: str, doomed: Callable[[etree._Element], bool]) -> str:
    """A document without some of its devices."""
    domain = etree.fromstring(xml)
    devices = domain.find("devices")
    for device in list(devices):
        if doomed(device):
            devices.remove(device)
    return _text(domain)


def with_ports(xml: str, extra: int) -> str:
    """A document with more bare ports; nothing else is lost."""
    domain = etree.fromstring(xml)
    _add(domain, "controller", _ports(domain, extra))
    return _text(domain)


def is_placeholder(device: etree._Element) -> bool:
    return device.tag == "interface" and device.find("target").get("dev", "").startswith("placeholder-")


def _only(device: etree._Element, paths: Sequence[str]) -> etree._Element:
    kept = etree.Element(device.tag, {path[1:]: device.get(path[1:]) for path in paths if device.get(path[1:])})
    for child in device:
        tag = str(child.tag)
        if f"{tag}/*" in paths:
            kept.append(deepcopy(child))
        else:
            names = [path.partition("/@")[2] for path in paths if path.startswith(f"{tag}/@")]
            if names:
                etree.SubElement(kept, tag, {name: child.get(name) for name in names if child.get(name)})
    return kept


def _add(domain: etree._Element, tag: str, new: list[etree._Element]) -> None:
    """Put devices behind the last one of their kind."""
    devices = domain.find("devices")
    last = max((at for at, device in enumerate(devices) if device.tag == tag), default=len(devices) - 1)
    devices[last + 1 : last + 1] = new


def _ports(domain: etree._Element, count: int) -> list[etree._Element]:
    indexes = [int(each.get("index")) for each in domain.iterfind("devices/controller[@type='pci']")]
    first = max(indexes, default=0) + 1
    return [
        etree.Element("controller", type="pci", index=str(index), model="pcie-root-port")
        for index in range(first, min(first + count, 32))
    ]


def _close_ports(domain: etree._Element) -> None:
    """Say that nothing is plugged into ports with a device that is no interface."""
    paths = "devices/*[not(self::interface)][not(@model='pcie-root-port')]/address[@type='pci']/@bus"
    occupied = {int(bus, 16) for bus in domain.xpath(paths)}
    for port in domain.iterfind("devices/controller[@model='pcie-root-port']"):
        if int(port.get("index")) in occupied:
            target = port.find("target")
            target = etree.SubElement(port, "target") if target is None else target
            target.set("hotplug", "off")


def _text(domain: etree._Element) -> str:
    return etree.tostring(domain, encoding="unicode")
