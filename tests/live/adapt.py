"""Makes a domain fit for the libvirt and QEMU of the live tests, by leaving out what older ones do not know."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree


class Adaptation(NamedTuple):
    """An element that goes, or an attribute of it (with the value that it gets instead), and the reason."""

    path: str
    reason: str
    attribute: str | None = None
    value: str | None = None


ADAPTATIONS = (
    Adaptation(".", "there is no KVM for other architectures", "type", "qemu"),
    Adaptation("features/ps2", "libvirt 9.0 does not know the feature"),
    Adaptation("devices/panic[@model='pvpanic']", "libvirt knows the model since 9.1"),
    Adaptation("devices/crypto", "libvirt 9.0.0 does not know the device and drops it"),
    Adaptation("devices/input[@type='passthrough']", "libvirt 9.0 knows the models of evdev inputs not yet", "model"),
)


def adapted(xml: str) -> str:
    """The domain without what the libvirt of the live tests would refuse or drop."""
    domain = etree.fromstring(xml.encode())
    system = domain.find("os/type")
    if system is not None and system.get("arch") not in ("x86_64", "i686", None):
        _remove_acpi(domain)
    for adaptation in ADAPTATIONS:
        for element in domain.findall(adaptation.path) if adaptation.path != "." else [domain]:
            _adapt(element, adaptation)
    return etree.tostring(domain, encoding="unicode")


def _remove_acpi(domain: etree._Element) -> None:
    """Outside x86 libvirt wants UEFI firmware with ACPI, and there is none on the machine."""
    for acpi in domain.findall("features/acpi"):
        acpi.getparent().remove(acpi)


def _adapt(element: etree._Element, adaptation: Adaptation) -> None:
    if adaptation.value is not None:
        element.set(adaptation.attribute, adaptation.value)
    elif adaptation.attribute is None:
        element.getparent().remove(element)
    else:
        element.attrib.pop(adaptation.attribute, None)
