"""Documents and guests that are nearly right: what comes out is a result or a DevaddrError, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from examples import scaled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import devaddr_xml
from devaddr_xml.domxml.encoding import encoded_like

FUZZ = Path(__file__).resolve().parents[2] / "fuzz"
if not FUZZ.is_dir():
    pytest.skip("the changes are those of the fuzzer, in fuzz/", allow_module_level=True)
sys.path.append(str(FUZZ))

from mutations import (  # noqa: E402
    SKELETONS,
    encoded_document,
    mutated_device,
    mutated_document,
    mutated_guest,
)

slowly = settings(max_examples=scaled(60), suppress_health_check=list(HealthCheck))


def check_error(error: devaddr_xml.DevaddrError) -> None:
    """An error that can be told: in one line, with something to say."""
    assert error.message
    assert len(str(error)) < 5000


def check_document(xml: bytes | str) -> None:
    """Assigned, or refused; what is assigned can be read, counted, and assigned again without a change."""
    try:
        complete = devaddr_xml.assign(xml).xml
        devaddr_xml.capacity(complete)
        assert devaddr_xml.assign(complete).xml == complete
    except devaddr_xml.DevaddrError as error:
        check_error(error)


@slowly
@given(st.data())
def test_changed_documents(data: st.DataObject) -> None:
    check_document(mutated_document(lambda count: data.draw(st.integers(0, count - 1))))


@slowly
@given(st.data())
def test_changed_documents_in_other_encodings(data: st.DataObject) -> None:
    given_bytes = encoded_document(lambda count: data.draw(st.integers(0, count - 1)))
    try:
        complete = encoded_like(devaddr_xml.assign(given_bytes).xml, given_bytes)
        assert encoded_like(devaddr_xml.assign(complete).xml, complete) == complete
    except devaddr_xml.DevaddrError as error:
        check_error(error)


@slowly
@given(st.data())
def test_changed_guests(data: st.DataObject) -> None:
    text = mutated_guest(lambda count: data.draw(st.integers(0, count - 1)))
    try:
        devaddr_xml.plan(devaddr_xml.Guest.from_json(text))
    except devaddr_xml.DevaddrError as error:
        check_error(error)


@slowly
@given(st.data(), st.sampled_from(SKELETONS), st.booleans())
def test_changed_devices(data: st.DataObject, skeleton: Path, live: bool) -> None:
    device = mutated_device(lambda count: data.draw(st.integers(0, count - 1)))
    try:
        devaddr_xml.attach(skeleton.read_bytes(), device, live=live)
    except devaddr_xml.DevaddrError as error:
        check_error(error)


@slowly
@given(st.sampled_from(SKELETONS), st.integers(0, 10_000), st.binary(max_size=12), st.integers(0, 12))
def test_changed_bytes(skeleton: Path, position: int, new: bytes, gone: int) -> None:
    given_bytes = skeleton.read_bytes()
    position %= len(given_bytes)
    check_document(given_bytes[:position] + new + given_bytes[position + gone :])


@pytest.mark.parametrize("path", sorted((FUZZ / "corpus").glob("*")), ids=lambda path: path.name)
def test_the_corpus(path: Path) -> None:
    """What the fuzzer begins with, and what it has found."""
    data = path.read_bytes()
    if data.startswith(b"<"):
        check_document(data)
    elif data.startswith(b"{"):
        try:
            devaddr_xml.plan(devaddr_xml.Guest.from_json(data))
        except devaddr_xml.DevaddrError as error:
            check_error(error)
    else:
        numbers = iter(data)
        check_document(mutated_document(lambda count: next(numbers, 0) % count))
