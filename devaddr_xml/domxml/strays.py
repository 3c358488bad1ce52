"""Elements and attributes that nothing reads although they look as if something did."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.domxml.devices import LAYOUTS
from devaddr_xml.domxml.document import Document, Node
from devaddr_xml.domxml.facts.table import place_for
from devaddr_xml.domxml.faults import called
from devaddr_xml.domxml.misspelt import is_read_below, misspelt
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.nearest import nearest
from devaddr_xml.model.notice import Notice
from devaddr_xml.model.spelling import INTERFACE_MODELS

#: Elements in ``<devices>`` that are no devices of the guest but known to libvirt.
_NO_DEVICES = frozenset(("emulator", "redirfilter", "lease"))
#: Elements of a domain that are called like a device.
_OF_DOMAIN = frozenset(("memory",))
_HINT_NAMES = frozenset(Hints.__struct_encode_fields__)
#: Names that other programs and people have for devices.
OTHER_NAMES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("nic", "network", "net", "networkinterface", "netdev"), ("interface",)),
    **dict.fromkeys(("cdrom", "floppy", "drive", "harddisk", "hdd", "volume"), ("disk",)),
    **dict.fromkeys(("gpu", "vga"), ("hostdev", "video")),
    **dict.fromkeys(("pci", "pcidevice", "vfio", "passthrough"), ("hostdev",)),
    **dict.fromkeys(("usb", "usbdevice"), ("hostdev", "controller")),
    **dict.fromkeys(("keyboard", "mouse", "tablet"), ("input",)),
    **dict.fromkeys(("vnc", "spice", "display"), ("graphics",)),
    **dict.fromkeys(("balloon", "ballooning"), ("memballoon",)),
    **dict.fromkeys(("share", "virtiofs", "fs"), ("filesystem",)),
    **dict.fromkeys(("bridge", "bus", "root-port", "pcie-root-port"), ("controller",)),
    **dict.fromkeys(("entropy", "random"), ("rng",)),
}
#: How much a misspelt model looks like the known one.
_ALIKE = 0.76
#: What a namespace has in it that is meant to be ours.
_NEARLY = "devaddr"


def stray_parts(document: Document) -> Iterator[Notice]:
    """Warnings about unknown elements in ``<devices>``, devices outside it, and hints that are none."""
    for part in document.root.children:
        if part.tag == "devices":
            yield from _in_devices(document, part)
        elif part.tag == "metadata":
            yield from _policies(document, part)
        elif part.tag in LAYOUTS and part.tag not in _OF_DOMAIN:
            message = f"<{part.tag}> is outside <devices>, where it has no effect"
            yield Notice(message, called(part), document.line(part), "Move it into <devices>")


def _in_devices(document: Document, devices: Node) -> Iterator[Notice]:
    for node in devices.children:
        if node.tag in LAYOUTS:
            looked_at = [name for name in node.attributes if name in _HINT_NAMES or "}" in name]
            if looked_at:
                yield from _hint_attributes(document, node, looked_at)
            yield from _repeated(document, node)
            yield from misspelt(document, node)
            if node.tag == "interface":
                yield from _unknown_model(document, node)
        elif node.tag not in _NO_DEVICES and "}" not in node.tag:
            shown = node.tag[:60]
            message = f"<{shown}> is not a device that libvirt knows, and libvirt leaves it out"
            yield Notice(message, shown, document.line(node), meant(node.tag))


def _policies(document: Document, metadata: Node) -> Iterator[Notice]:
    """Policies without a namespace, or in one that is nearly ours."""
    candidates = [node for node in metadata.children if node.tag.rpartition("}")[2] == "policy"]
    if not candidates:
        return
    from devaddr_xml.model.vocabulary import NAMESPACE, PREFIX

    for node in candidates:
        namespace = node.tag.rpartition("}")[0]
        if namespace != NAMESPACE and (_NEARLY in namespace.lower() or _is_policy(node)):
            where = f"in the namespace {namespace[:60]!r}" if namespace else "in no namespace"
            remedy = f"Write <{PREFIX}:policy xmlns:{PREFIX}='{NAMESPACE}' ...>"
            yield Notice(f"the <policy> is {where}, where it has no effect", None, document.line(node), remedy)


def _is_policy(node: Node) -> bool:
    from devaddr_xml.model.vocabulary import POLICY

    return not {term.name for term in POLICY}.isdisjoint(node.attributes)


def meant(tag: str) -> str | None:
    """A remedy that names the device that an unknown element probably means."""
    names = OTHER_NAMES.get(tag.lower())
    if names is None:
        near = nearest(tag, LAYOUTS, 0.6)
        names = (near,) if near is not None else ()
    return f"Did you mean {' or '.join(f'<{name}>' for name in names)}?" if names else None


def _unknown_model(document: Document, node: Node) -> Iterator[Notice]:
    """A model that looks like a known one; libvirt hands every name on to QEMU, and knows few of QEMU's."""
    model = node.first("model")
    name = model.attributes.get("type", "") if model is not None else ""
    if model is not None and name.lower() not in INTERFACE_MODELS:
        near = nearest(name, INTERFACE_MODELS.values(), _ALIKE)
        if near is not None:
            message = f"the model {name[:60]!r} is unknown to libvirt, and QEMU may not start with it"
            yield Notice(message, called(node), document.line(model), f"Did you mean '{near}'?")


def _repeated(document: Document, node: Node) -> Iterator[Notice]:
    """A second address, which libvirt does not read."""
    addresses = [child for child in node.children if child.tag == "address"]
    if len(addresses) > 1:
        message = f"the device has {len(addresses)} <address> elements, and the first one counts"
        yield Notice(message, called(node), document.line(addresses[1]), "Remove the others")


def _hint_attributes(document: Document, node: Node, names: list[str]) -> Iterator[Notice]:
    from devaddr_xml.model.vocabulary import NAMESPACE, PREFIX

    for name in names:
        namespace, brace, local = name.rpartition("}")
        if brace and namespace != NAMESPACE and _NEARLY in namespace.lower():
            message = f"the attribute {local} is in the namespace {namespace[:60]!r}, where it has no effect"
            yield Notice(message, called(node), document.line(node), f"The namespace of hints is {NAMESPACE}")
        elif not (brace or name in _own_attributes(node.tag) or is_read_below(node.tag, name)):
            message = f"{name} is not an attribute of <{node.tag}>"
            yield Notice(message, called(node), document.line(node), f"The hint is {PREFIX}:{name}")


def _own_attributes(tag: str) -> set[str]:
    """The attributes of libvirt's own that an element can have."""
    place = place_for(tag)
    return {name for name, _ in LAYOUTS[tag].branch.attributes} | set(place.attributes if place is not None else ())
