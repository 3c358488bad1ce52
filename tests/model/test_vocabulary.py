"""The table of the vocabulary says what the model's types say."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import LIBVIRT_TUNABLES, PROFILES, DeviceHints, Policy, Spare, Tunables
from devaddr_xml.model.vocabulary import (
    CHILDREN,
    CONTRADICTIONS,
    HINTS,
    MACHINE_KINDS,
    POLICY,
    REQUIRED,
    TUNABLES,
    Term,
)


def shape(annotation: Any) -> tuple[set[str], bool, bool]:
    """The words, whether numbers, and whether any text is allowed by a type."""
    if annotation is int:
        return set(), True, False
    if annotation is str:
        return set(), False, True
    if get_origin(annotation) is Literal:
        return set(get_args(annotation)), False, False
    words: set[str] = set()
    numbers = text = False
    for part in get_args(annotation):
        if part is type(None):
            continue
        more, number, free = shape(part)
        words |= more
        numbers, text = numbers or number, text or free
    return words, numbers, text


CASES = [
    *((Policy, term) for term in POLICY),
    *((Tunables, term) for term in TUNABLES[1:]),
    *((Hints, term) for term in HINTS),
    *((Spare, term) for term in CHILDREN["spare"]),
    *((DeviceHints, term) for term in CHILDREN["device"]),
]


@pytest.mark.parametrize(
    ("owner", "term"), CASES, ids=lambda case: getattr(case, "name", getattr(case, "__name__", ""))
)
def test_a_term_allows_what_its_field_does(owner: type, term: Term) -> None:
    assert shape(get_type_hints(owner)[term.field]) == (set(term.words), term.numbers is not None, term.text)


def test_every_field_is_a_term() -> None:
    assert set(Policy.__struct_fields__) - {"spares", "devices", "used", "line"} == {term.field for term in POLICY}
    assert set(Tunables.__struct_fields__) == {term.field for term in TUNABLES[1:]}
    assert set(Hints.__struct_fields__) == {term.field for term in HINTS}


def test_json_names_are_the_names_of_the_vocabulary() -> None:
    assert set(Hints.__struct_encode_fields__) == {term.name for term in HINTS}
    assert set(Policy.__struct_encode_fields__) - {"spares", "devices", "used", "line"} == {
        term.name for term in POLICY
    }


def test_profiles() -> None:
    assert set(TUNABLES[0].words) == set(PROFILES)
    for term in TUNABLES:
        low, high = term.numbers or (1, 0)
        assert term.default in term.words or str(int(term.default)) == term.default
        assert term.default in term.words or low <= int(term.default) <= high
    assert PROFILES[TUNABLES[0].default] == LIBVIRT_TUNABLES == Tunables()


def test_a_policy_takes_what_is_in_force_or_nothing() -> None:
    asked, in_force = get_type_hints(Policy), get_type_hints(Tunables)
    assert {name: asked[name] for name in in_force} == {name: allowed | None for name, allowed in in_force.items()}


@pytest.mark.parametrize("term", [*TUNABLES, *HINTS], ids=lambda term: term.name)
def test_every_term_says_where_it_means_what(term: Term) -> None:
    assert term.where
    assert set(term.where) <= set(MACHINE_KINDS)
    assert set(term.barred) <= set(term.where)
    assert all(set(words) < set(term.words) for words in term.barred.values())


@pytest.mark.parametrize("row", CONTRADICTIONS, ids=lambda row: f"{row.first}-{row.second}")
def test_contradictions_name_terms_and_words(row: Any) -> None:
    terms = {term.name: term for term in HINTS}
    for name, value in ((row.first, row.first_value), (row.second, row.second_value)):
        assert value is None or value in terms[name].words
        assert value is not None or terms[name].text or terms[name].numbers or name == "port-hotplug"
    assert row.unless is None or row.unless in terms


def test_required_attributes_are_terms() -> None:
    for child, names in REQUIRED.items():
        assert set(names) <= {term.name for term in CHILDREN[child]}
