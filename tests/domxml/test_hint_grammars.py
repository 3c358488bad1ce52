"""The parser and both grammars accept and refuse the same policies, and the same hints on devices."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from xml.sax.saxutils import quoteattr

import pytest
import xmlschema
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.hints import POLICY_TAG, read_inline, read_policy
from devaddr_xml.model.errors import HintError
from devaddr_xml.model.vocabulary import CHILDREN, HINTS, NAMESPACE, POLICY, REQUIRED, Term

HERE = Path(__file__).resolve().parent
RNG = HERE.parent.parent / "rng"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


documents = load(HERE / "policy_documents.py")

INLINE_RNG = f"""<grammar xmlns="http://relaxng.org/ns/structure/1.0">
  <include href="{(RNG / "hints.rng").as_uri()}">
    <start><element name="device"><ref name="devaddr-inline"/></element></start>
  </include>
</grammar>"""
INLINE_XSD = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:h="{NAMESPACE}">
  <xs:import namespace="{NAMESPACE}" schemaLocation="{(RNG / "hints.xsd").as_uri()}"/>
  <xs:element name="device"><xs:complexType><xs:attributeGroup ref="h:inline"/></xs:complexType></xs:element>
</xs:schema>"""


@functools.cache
def relax_ng(inline: bool) -> etree.RelaxNG:
    return etree.RelaxNG(etree.fromstring(INLINE_RNG) if inline else etree.parse(str(RNG / "hints.rng")))


@functools.cache
def schema(inline: bool) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(INLINE_XSD if inline else str(RNG / "hints.xsd"))


def by_parser(text: str, inline: bool) -> bool:
    try:
        if inline:
            read_inline(parse(text, "device").root)
        else:
            document = parse(text, POLICY_TAG)
            read_policy(document, document.root)
    except HintError:
        return False
    return True


def by_relax_ng(text: str, inline: bool) -> bool:
    return bool(relax_ng(inline).validate(etree.fromstring(text.encode())))


def by_schema(text: str, inline: bool) -> bool:
    return schema(inline).is_valid(text)


JUDGES: list[Callable[[str, bool], bool]] = [by_parser, by_relax_ng, by_schema]


def test_there_are_enough_documents() -> None:
    assert len(documents.GOOD) + len(documents.GOOD_DEVICES) >= 30
    assert len(documents.BAD) + len(documents.BAD_DEVICES) >= 50


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("text", documents.GOOD)
def test_good_policies(judge: Callable[[str, bool], bool], text: str) -> None:
    assert judge(text, False)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("text", [*documents.BAD, *documents.BAD_TEXT])
def test_bad_policies(judge: Callable[[str, bool], bool], text: str) -> None:
    assert not judge(text, False)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("text", documents.GOOD_DEVICES)
def test_good_devices(judge: Callable[[str, bool], bool], text: str) -> None:
    assert judge(text, True)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("text", documents.BAD_DEVICES)
def test_bad_devices(judge: Callable[[str, bool], bool], text: str) -> None:
    assert not judge(text, True)


BLANK = st.sampled_from(["", "", " ", "\t", "\n "])
NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), max_size=8)


def values(term: Term) -> st.SearchStrategy[str]:
    """Values for a term, most of them good, some for other terms or none at all."""
    numbers = [term.numbers[0], term.numbers[1], term.numbers[1] + 1, term.numbers[0] - 1] if term.numbers else [0, 1]
    words = sorted({word for other in (*POLICY, *HINTS) for word in other.words})
    return st.one_of(
        st.sampled_from([*term.words, *map(str, numbers)]),
        st.sampled_from(words),
        st.integers(-2, 70000).map(str),
        NAMES,
    )


def attributes(terms: tuple[Term, ...], prefix: str = "") -> st.SearchStrategy[str]:
    """Some of the attributes, with some blanks around their values, sometimes with a strange name."""
    names = st.lists(st.sampled_from(terms), max_size=4, unique_by=lambda term: term.name)

    @st.composite
    def build(draw: st.DrawFn) -> str:
        pairs = {}
        for term in draw(names):
            pairs[term.name] = draw(BLANK) + draw(values(term)) + draw(BLANK)
        if draw(st.integers(0, 9)) == 0:
            pairs[draw(st.sampled_from(["nod", "refs", "spare", "NUMA"]))] = "1"
        escaped = {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
        return " ".join(f"{prefix}{name}={quoteattr(value, escaped)}" for name, value in pairs.items())

    return build()


@st.composite
def policies(draw: st.DrawFn) -> str:
    """A policy with some children."""
    children = []
    for name in draw(st.lists(st.sampled_from(sorted(CHILDREN)), max_size=3)):
        terms = CHILDREN[name]
        required = " ".join(f'{need}="1"' for need in REQUIRED[name] if draw(st.integers(0, 9)))
        optional = (
            draw(attributes(tuple(term for term in terms if term.name not in REQUIRED[name]))) if name != "used" else ""
        )
        children.append(f"<devaddr:{name} {required} {optional}/>")
    return str(documents.policy(draw(attributes(POLICY)), "".join(children)))


@settings(max_examples=scaled(300), deadline=None)
@given(policies())
def test_generated_policies(text: str) -> None:
    verdicts = [judge(text, False) for judge in JUDGES]
    assert len(set(verdicts)) == 1, (text, verdicts)


@settings(max_examples=scaled(300), deadline=None)
@given(attributes(HINTS, "devaddr:").map(documents.device))
def test_generated_devices(text: str) -> None:
    verdicts = [judge(text, True) for judge in JUDGES]
    assert len(set(verdicts)) == 1, (text, verdicts)


def test_the_grammars_are_those_of_the_table() -> None:
    generate = load(RNG / "generate.py")
    for name, made in generate.GRAMMARS.items():
        assert (RNG / name).read_text() == made(), f"{name} is not what generate.py makes of the vocabulary"
