#!/usr/bin/env python3
"""Writes the grammars of the hint vocabulary beside itself, from the table in ``devaddr_xml/model/vocabulary.py``.

Run it where the package can be imported: ``python rng/generate.py`` after ``pip install -e .``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import indent
from xml.sax.saxutils import escape

from devaddr_xml.model.vocabulary import CHILDREN, HINTS, LONGEST_NAME, NAMESPACE, POLICY, REQUIRED, Term

HERE = Path(__file__).resolve().parent
LIBVIRT_GRAMMAR = "file:///usr/share/libvirt/schemas/domain.rng"
NOTICE = "<!-- Made by generate.py from the table of the vocabulary: change that, not this. -->"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
RELAXNG = 'xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes"'


def shifted(lines: Iterable[str], steps: int) -> str:
    """The lines as text, moved to the right."""
    return indent("\n".join(lines), "  " * steps)


def number_pattern(low: int, high: int) -> str:
    """A regular expression for the decimal numbers from ``low`` to ``high``, without leading zeros."""
    parts = []
    while low <= high:
        step = 1
        while low and low % (step * 10) == 0 and low + step * 10 - 1 <= high:
            step *= 10
        last = min(low // step % 10 + (high - low + 1) // step - 1, 9) if low else min(high, 9)
        head, first, rest = str(low // step)[:-1], low // step % 10, len(str(step)) - 1
        digit = str(first) if first == last else f"[{first}-{last}]"
        parts.append(f"{head}{digit}" + (f"[0-9]{{{rest}}}" if rest else ""))
        low += (last - first + 1) * step
    return "|".join(parts)


def text_facets(term: Term) -> list[tuple[str, str]]:
    """What restricts a name, in the words of XML Schema."""
    if term.pattern:
        return [("pattern", term.pattern)]
    return [("minLength", "1"), ("maxLength", str(LONGEST_NAME))]


def rng_values(term: Term) -> Iterator[str]:
    """The pattern of a term's value; every value is compared as it is written."""
    patterns = [f'<value type="string">{word}</value>' for word in term.words]
    if term.numbers:
        patterns += [
            '<data type="string">',
            f'  <param name="pattern">{number_pattern(*term.numbers)}</param>',
            "</data>",
        ]
    if term.text:
        patterns += [
            '<data type="string">',
            *(f'  <param name="{name}">{value}</param>' for name, value in text_facets(term)),
            "</data>",
        ]
    if len(term.words) + bool(term.numbers) + term.text == 1:
        yield from patterns
    else:
        yield "<choice>"
        yield shifted(patterns, 1)
        yield "</choice>"


def rng_attribute(term: Term, required: bool, qualified: bool) -> Iterator[str]:
    """The pattern of an attribute; qualified: in the namespace of the vocabulary."""
    namespace = f' ns="{NAMESPACE}"' if qualified else ' ns=""'
    attribute = [
        f'<attribute name="{term.name}"{namespace}>',
        f"  <!-- {escape(term.meaning)} -->",
        shifted(rng_values(term), 1),
        "</attribute>",
    ]
    if required:
        yield from attribute
    else:
        yield "<optional>"
        yield shifted(attribute, 1)
        yield "</optional>"


def rng_policy() -> Iterator[str]:
    """The definitions of the policy and its children."""
    yield '<define name="devaddr-policy">'
    yield f'  <element name="policy" ns="{NAMESPACE}">'
    for term in POLICY:
        yield shifted(rng_attribute(term, False, False), 2)
    yield "    <optional>"
    yield f'      <attribute name="schemaLocation" ns="{INSTANCE}"/>'
    yield "    </optional>"
    yield "    <zeroOrMore>"
    yield "      <choice>"
    yield from (f'        <ref name="devaddr-{child}"/>' for child in CHILDREN)
    yield "      </choice>"
    yield "    </zeroOrMore>"
    yield "  </element>"
    yield "</define>"
    for child, terms in CHILDREN.items():
        yield f'<define name="devaddr-{child}">'
        yield f'  <element name="{child}" ns="{NAMESPACE}">'
        for term in terms:
            yield shifted(rng_attribute(term, term.name in REQUIRED[child], False), 2)
        yield "    <empty/>"
        yield "  </element>"
        yield "</define>"


def rng_inline() -> Iterator[str]:
    """The definition of the hints as attributes of a device."""
    yield '<define name="devaddr-inline">'
    for term in HINTS:
        yield shifted(rng_attribute(term, False, True), 1)
    yield "  <empty/>"
    yield "</define>"


def hints_rng() -> str:
    """The RELAX NG grammar of a policy."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{NOTICE}
<grammar {RELAXNG}>
  <start>
    <ref name="devaddr-policy"/>
  </start>
{shifted(rng_policy(), 1)}
  <!-- For grammars that include this one. -->
{shifted(rng_inline(), 1)}
</grammar>
"""


def domain_rng() -> str:
    """The RELAX NG grammar of a domain whose devices may carry hints: libvirt's own with one definition replaced."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{NOTICE}
<!--
  libvirt's grammar of a domain, with hints on every device that can have an alias. Each device element names its alias
  in one pattern that libvirt's grammar leaves optional, so what is added to that pattern is added to every device. The
  metadata is foreign to libvirt; hints.rng is the grammar of the policy there. Where libvirt's schemas are elsewhere,
  point the include there (an XML catalog will do).
-->
<grammar {RELAXNG}>
  <include href="{LIBVIRT_GRAMMAR}">
    <define name="alias">
      <interleave>
        <optional>
          <element name="alias">
            <attribute name="name">
              <ref name="aliasName"/>
            </attribute>
          </element>
        </optional>
        <ref name="devaddr-inline"/>
      </interleave>
    </define>
  </include>
{shifted(rng_inline(), 1)}
</grammar>
"""


def xsd_type(term: Term) -> Iterator[str]:
    """The type of a term's value."""
    members = []
    if term.words:
        words = "".join(f'<xs:enumeration value="{word}"/>' for word in term.words)
        members.append(f'<xs:restriction base="xs:string">{words}</xs:restriction>')
    if term.numbers:
        facets = f'<xs:pattern value="{number_pattern(*term.numbers)}"/>'
        members.append(f'<xs:restriction base="xs:string">{facets}</xs:restriction>')
    if term.text:
        facets = "".join(f'<xs:{name} value="{value}"/>' for name, value in text_facets(term))
        members.append(f'<xs:restriction base="xs:string">{facets}</xs:restriction>')
    if len(members) > 1:
        inner = [f"<xs:simpleType>{member}</xs:simpleType>" for member in members]
        members = ["<xs:union>", *(f"  {member}" for member in inner), "</xs:union>"]
    yield "<xs:simpleType>"
    yield shifted(members, 1)
    yield "</xs:simpleType>"


def xsd_attribute(term: Term, required: bool) -> Iterator[str]:
    """The declaration of an attribute."""
    use = ' use="required"' if required else ""
    yield f'<xs:attribute name="{term.name}"{use}>'
    yield f"  <xs:annotation><xs:documentation>{escape(term.meaning)}</xs:documentation></xs:annotation>"
    yield shifted(xsd_type(term), 1)
    yield "</xs:attribute>"


def hints_xsd() -> str:
    """The XML Schema of a policy, and of the hints as attributes of devices."""
    policy = [line for term in POLICY for line in xsd_attribute(term, False)]
    children = [line for child in CHILDREN for line in xsd_child(child)]
    inline = [line for term in HINTS for line in xsd_attribute(term, False)]
    group = [f'<xs:attribute ref="{term.name}"/>' for term in HINTS]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{NOTICE}
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}"
           elementFormDefault="qualified" attributeFormDefault="unqualified">
  <xs:element name="policy">
    <xs:complexType>
      <xs:choice minOccurs="0" maxOccurs="unbounded">
{shifted(children, 4)}
      </xs:choice>
{shifted(policy, 3)}
    </xs:complexType>
  </xs:element>

  <!-- The hints as attributes of a device. -->
{shifted(inline, 1)}
  <xs:attributeGroup name="inline">
{shifted(group, 2)}
  </xs:attributeGroup>
</xs:schema>
"""


def xsd_child(child: str) -> Iterator[str]:
    """The declaration of a child of the policy."""
    yield f'<xs:element name="{child}">'
    yield "  <xs:complexType>"
    for term in CHILDREN[child]:
        yield shifted(xsd_attribute(term, term.name in REQUIRED[child]), 2)
    yield "  </xs:complexType>"
    yield "</xs:element>"


GRAMMARS = {"hints.rng": hints_rng, "hints.xsd": hints_xsd, "domain-with-hints.rng": domain_rng}

if __name__ == "__main__":
    for name, grammar in GRAMMARS.items():
        (HERE / name).write_text(grammar())
