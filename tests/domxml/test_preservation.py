"""Whatever a document holds survives: generated documents through the whole run."""

from __future__ import annotations

import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import devaddr_xml
from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.writer import write

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"

texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=8)
names = st.from_regex(r"[a-z][a-z-]{0,7}", fullmatch=True).map(lambda name: f"x-{name}")


def quoted(value: str, quote: str) -> str:
    for plain, reference in (("&", "&amp;"), ("<", "&lt;"), ("'", "&#39;"), ('"', "&quot;")):
        value = value.replace(plain, reference)
    return f"{quote}{value}{quote}"


@st.composite
def foreign(draw: st.DrawFn) -> str:
    """Something that is no device: a comment, an instruction, CDATA, an unknown or foreign element."""
    text = draw(texts)
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "")
    quote = draw(st.sampled_from("'\""))
    return draw(
        st.sampled_from(
            [
                f"<!-- {text.replace('-', '')} -->",
                f"<?x {text.replace('?', '')}?>",
                f"<{draw(names)} a = {quoted(text, quote)} >{safe}<![CDATA[<&>]]></{{}}>",
                f"<q:arg  value={quoted(text, quote)}/>",
                f"<{draw(names)}/>",
            ]
        )
    )


def finished(piece: str) -> str:
    """The piece with the name of its end tag."""
    return piece.replace("{}", piece[1:].split(" ")[0]) if piece.endswith("</{}>") else piece


foreigners = foreign().map(finished)


@st.composite
def device(draw: st.DrawFn, number: int) -> str:
    """A device of a skeleton, with strange neighbours inside."""
    quote = draw(st.sampled_from("'\""))
    gap = draw(st.sampled_from(["", "\n      ", "\r\n\t\t\t", " "]))
    inside = gap.join(draw(st.lists(foreigners, max_size=2)))
    kind = draw(st.sampled_from(["disk", "interface", "rng", "input", "controller", "video", "serial"]))
    q = quote
    return {
        "disk": f"<disk>{gap}{inside}<target dev={q}vd{chr(97 + number)}{q} bus={q}virtio{q}/>{gap}</disk>",
        "interface": f"<interface type={q}user{q} >{gap}{inside}</interface>",
        "rng": f"<rng model={q}virtio{q}>{inside}</rng>",
        "input": f"<input type={q}tablet{q}/>",
        "controller": f"<controller model={q}virtio-scsi{q} type={q}scsi{q} index={q}{number}{q}/>",
        "video": f"<video>{gap}<model type={q}virtio{q}/>{gap}{inside}</video>",
        "serial": f"<serial type={q}pty{q}>{gap}{inside}{gap}</serial>",
    }[kind]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A q35 or virt skeleton: any indentation, any quotes, foreign things everywhere."""
    gap = draw(st.sampled_from(["\n    ", "\n\t\t", "\r\n  ", "", "\n\n"]))
    count = draw(st.integers(0, 6))
    parts: list[str] = []
    for number in range(count):
        parts += draw(st.lists(foreigners, max_size=1))
        parts.append(draw(device(number)))
    parts += draw(st.lists(foreigners, max_size=2))
    arch, machine = draw(st.sampled_from([("x86_64", "q35"), ("x86_64", "pc"), ("aarch64", "virt")]))
    inside = gap.join(["", *parts]) + gap.rstrip(" \t")
    prolog = "".join(draw(st.lists(st.sampled_from(["<!-- ä -->\n", "<?a b?>", "\n"]), max_size=2)))
    epilog = draw(st.sampled_from(["", "\n", "<!-- e -->\n"]))
    return (
        f"{prolog}<domain type='kvm' xmlns:q='{QEMU}'>{draw(foreigners)}{gap}<name>n</name>{gap}"
        f"<memory unit='GiB'>1</memory><os><type arch='{arch}' machine='{machine}'>hvm</type></os>{gap}"
        f"<devices>{inside}</devices>{draw(foreigners)}</domain>{epilog}"
    )


def assigned(xml: str) -> str | None:
    """The completed document; none where it is refused, which must take no more than a line."""
    try:
        return devaddr_xml.assign(xml).xml
    except devaddr_xml.DevaddrError as error:
        refusal = str(error)
    assert refusal
    assert "\n" not in refusal
    return None


def is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(character in rest for character in short)


def strange_things(xml: str) -> list[bytes]:
    """Comments, instructions, and elements that are none of libvirt's, in order."""
    root = etree.fromstring(xml.encode())
    found = []
    for node in root.iter():
        if not isinstance(node.tag, str) or node.tag.startswith(("{", "x-")):
            tail, node.tail = node.tail, None
            found.append(etree.tostring(node))
            node.tail = tail
    return found


@given(documents())
@settings(max_examples=scaled(60), deadline=None)
def test_reading_and_writing_nothing(xml: str) -> None:
    for form in (xml, xml.encode()):
        document = parse(form)
        guest = read(document)
        assert write(document, guest, guest, guest.devices) == xml


@given(documents())
@settings(max_examples=scaled(60), deadline=None)
def test_a_run_only_adds(xml: str) -> None:
    result = assigned(xml)
    if result is None:
        return
    assert is_subsequence("".join(xml.split()), "".join(result.split())), "more was done than adding"
    assert strange_things(result) == strange_things(xml)
    assert devaddr_xml.assign(result).xml == result
    assert devaddr_xml.assign(xml.encode()).xml == result
    if "\r" not in xml:
        assert "\r" not in result
    if "\t" not in xml:
        assert "\t" not in result


TAGS = """domain devices disk controller interface serial console target model address source alias os type memory vcpu
features acpi ps2 cpu numa cell hostdev video memballoon zpci node master driver maxMemory""".split()  # noqa: SIM905
ATTRIBUTES = """type index model bus dev port name slot domain function controller unit devno id cpus busNr
arch""".split()  # noqa: SIM905
VALUES = """pci usb drive ccw none virtio 0 1 0x1 -1 255 99999999999999999999 vda sda hda hvm q35 x86_64
scsi""".split()  # noqa: SIM905


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> str:
    """Elements of a domain in any disorder."""
    tag = draw(st.sampled_from(TAGS))
    attributes = draw(st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(VALUES), max_size=3))
    written = "".join(f" {name}='{value}'" for name, value in attributes.items())
    inside = draw(st.lists(trees(depth - 1), max_size=3)) if depth else []
    return f"<{tag}{written}>{''.join(inside) or draw(st.sampled_from(['', *VALUES]))}</{tag}>"


@given(st.lists(trees(), max_size=4), st.lists(trees(2), max_size=6))
@settings(max_examples=scaled(100), deadline=None)
def test_any_document_is_accepted_or_refused(head: list[str], devices: list[str]) -> None:
    xml = f"<domain type='kvm'>{''.join(head)}<devices>{''.join(devices)}</devices></domain>"
    result = assigned(xml)
    if result is None:
        return
    etree.fromstring(result.encode())


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60)))
def test_any_text_and_any_bytes(xml: str | bytes) -> None:
    with pytest.raises(devaddr_xml.DevaddrError):
        devaddr_xml.assign(xml)
