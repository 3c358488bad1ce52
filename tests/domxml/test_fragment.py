"""Device XML: one device, several, or a ``<devices>``; and how their elements move into another document."""

from __future__ import annotations

import pytest

from devaddr_xml import DevaddrError
from devaddr_xml.domxml.fragment import Fragment, indented, read_fragment

NIC = "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
DISK = "<disk type='file'><target dev='vda' bus='virtio'/></disk>"


@pytest.mark.parametrize(
    ("xml", "kinds"),
    [
        (NIC, ["interface"]),
        (f"{NIC}\n{DISK}\n", ["interface", "disk"]),
        (f"<devices>{NIC}{DISK}</devices>", ["interface", "disk"]),
        (f"<devices>{NIC}</devices><devices>{DISK}</devices>", ["interface", "disk"]),
        (
            f"<?xml version='1.0' encoding='UTF-8'?>\n<!-- two --> {NIC} <?editor x?> {DISK} <!-- end -->",
            ["interface", "disk"],
        ),
        (f"﻿{NIC}", ["interface"]),
        (NIC.encode("utf-16"), ["interface"]),
    ],
)
def test_what_is_read(xml: str | bytes, kinds: list[str]) -> None:
    fragment = read_fragment(xml, "f")
    assert isinstance(fragment, Fragment)
    assert [device.kind for device in fragment.devices] == kinds
    assert [node.tag for node in fragment.nodes] == kinds


def test_lines_know_their_document() -> None:
    fragment = read_fragment(f"<?xml version='1.0'?>\n\n{NIC}\n{DISK}", "two.xml")
    assert [int(device.line or 0) for device in fragment.devices] == [3, 4]
    assert f"{fragment.devices[1].line}" == str(fragment.devices[1].line) == "4 of two.xml"


@pytest.mark.parametrize(
    "declared", ["", ' xmlns:devaddr="urn:devaddr-xml:hints:1"', ' xmlns:d="urn:devaddr-xml:hints:1"']
)
def test_hints_need_no_declaration(declared: str) -> None:
    prefix = "d" if "xmlns:d=" in declared else "devaddr"
    fragment = read_fragment(f"<interface type='user' {prefix}:node='1'{declared}/>", "f")
    assert fragment.devices[0].hints is not None
    assert fragment.devices[0].hints.node == 1


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ("", "f holds no device"),
        ("<!-- nothing -->", "f holds no device"),
        ("<devices/>", "f holds no device"),
        ("<disk>", "line 1 of f: not well-formed XML: mismatched tag"),
        ("<interface type='user' type='x'/>", r"line 1 of f: not well-formed XML: duplicate attribute \(column 24\)"),
        ("\n<foo/>", "line 2 of f: <foo> is not a device"),
        (f"{NIC}<lease/>", "<lease> is not a device"),
        (f"<devices>{NIC}</devices>{DISK}", "<disk> is not a device"),
        (f"<domain><devices>{NIC}</devices></domain>", "<domain> is not a device"),
        (f"{NIC} hello", "line 1 of f: the text 'hello' is not a device"),
        (f"hello\n{NIC}", "the text 'hello' is not a device"),
        (f"{NIC}</domain><domain>{DISK}", "not well-formed"),
        ("\n\n<interface type='user' devaddr:nod='1'/>", 'line 3 of f: interface: there is no hint "nod"'),
        ("<interface type='user'><mac address='x'/></interface>", "line 1 of f: interface x: attribute 'address'"),
        (f"<!DOCTYPE x>{NIC}", "not well-formed|document type"),
        (b"\xff\xfe\xfa", "f|UTF|utf"),
    ],
)
def test_refusal(xml: str | bytes, words: str) -> None:
    with pytest.raises(DevaddrError, match=words):
        read_fragment(xml, "f")


@pytest.mark.parametrize(
    ("text", "break_", "expected"),
    [
        ("<a/>", "\n    ", "<a/>"),
        ("<a>\n  <b/>\n</a>", "\n    ", "<a>\n      <b/>\n    </a>"),
        ("<a>\n      <b/>\n    </a>", "\n", "<a>\n  <b/>\n</a>"),
        ("<a>\r\n  <b/>\r\n</a>", "\n  ", "<a>\n    <b/>\n  </a>"),
        ("<a>\n  <b/>\n</a>", "\r\n  ", "<a>\r\n    <b/>\r\n  </a>"),
        ("<a>\n  <b/>\n</a>", "", "<a>\n  <b/>\n</a>"),
        ("<a>\n  <b>x\n y</b>\n</a>", "\n  ", "<a>\n    <b>x\n y</b>\n  </a>"),
    ],
)
def test_indentation(text: str, break_: str, expected: str) -> None:
    assert indented(text, break_) == expected
