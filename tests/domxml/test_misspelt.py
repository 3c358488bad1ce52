"""Attributes that look like one that is read: every one of libvirt's own passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from domxml.test_names_of_libvirt import DEVICES

from devaddr_xml.domxml.document import Document, parse
from devaddr_xml.domxml.misspelt import misspelt

FIXTURES = sorted((Path(__file__).resolve().parents[2] / "fixtures").glob("*/*.xml"))


def warned(document: Document) -> list[str | None]:
    devices = [node for part in document.root.children if part.tag == "devices" for node in part.children]
    return [each.remedy for node in devices if node.tag in DEVICES for each in misspelt(document, node)]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_documents_of_libvirts_vocabulary(path: Path) -> None:
    try:
        document = parse(path.read_bytes())
    except Exception:  # what is refused has its own tests
        return
    assert not warned(document)


@pytest.mark.parametrize(
    ("device", "remedy"),
    [
        ("<interface type='user'><mac adress='52:54:00:00:00:01'/></interface>", "Did you mean address?"),
        ("<interface typ='user'/>", "Did you mean type?"),
        ("<controller type='pci' modell='pcie-root'/>", "Did you mean model?"),
        ("<controller type='pci'><target Chassis='1'/></controller>", "Did you mean chassis?"),
        (
            "<disk device='disk' dev='vda'><target bus='virtio'/></disk>",
            "Did you mean the attribute dev of <source> or <target>?",
        ),
        ("<video type='qxl'/>", "Did you mean the attribute type of <model>?"),
        ("<input type='tablet'><address type='usb' bus='0' Port='1'/></input>", "Did you mean port?"),
        ("<disk><target dev='vda' bus='virtio' colour='red'/></disk>", None),
        ("<graphics type='vnc' listen='0.0.0.0'/>", None),
        ("<disk><target dev='vda' x:buss='virtio' xmlns:x='urn:x'/></disk>", None),
    ],
)
def test_what_was_meant(device: str, remedy: str | None) -> None:
    found = warned(parse(f"<domain><devices>{device}</devices></domain>"))
    assert found == ([remedy] if remedy else [])
