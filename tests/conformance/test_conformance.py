"""Every recorded domain, by the libvirt and QEMU of its record: libvirt's result; the same twice, and through JSON."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from examples import sampled

import devaddr_xml
from devaddr_xml.domxml.nested import read_guest

SHARED = Path(__file__).resolve().parents[3] / "shared"
DATA = SHARED / "conformance"

#: How many recorded cases are one test.
AT_A_TIME = 50

Case = dict[str, Any]


@lru_cache(maxsize=1)
def groups() -> dict[str, list[Case]]:
    """The recorded cases by set and architecture, so many at a time that one test takes a moment only."""
    found: dict[str, list[Case]] = {}
    for name, every in (("upstream", 1), ("random", 1), ("libvirt-9.0", 3), ("libvirt-11.3", 3), ("libvirt-12.8", 3)):
        with gzip.open(DATA / f"{name}.jsonl.gz", "rt") as stream:
            for case in map(json.loads, sampled(list(stream), every)):
                found.setdefault(f"{name}-{case['arch']}", []).append(case)
    return {
        f"{name}-{first // AT_A_TIME}": cases[first : first + AT_A_TIME]
        for name, cases in found.items()
        for first in range(0, len(cases), AT_A_TIME)
    }


pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="../shared, with the recorded results of libvirt, is not here"
)
each_group = pytest.mark.parametrize("group", list(groups()) or ["none"])


def facts(case: Case) -> dict[str, Any]:
    """What a case knows of its host, and what it was recorded with."""
    libvirt, qemu = (case["libvirt"], case["qemu"]) if "libvirt" in case else ("11.3.0", "10.0.0")
    target = devaddr_xml.known_capabilities(case["arch"], libvirt=libvirt, qemu=qemu)
    host = {"host": devaddr_xml.HostFacts.from_json(json.dumps(case["host"]))} if "host" in case else {}
    return {"capabilities": target, **host}


@pytest.fixture(scope="module")
def score() -> ModuleType:
    """The script that tells whether two documents say the same of addresses."""
    spec = importlib.util.spec_from_file_location("score", DATA / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@each_group
def test_same_as_libvirt(group: str, score: ModuleType) -> None:
    """What libvirt makes of each domain; of some, also a second run of the result and the way through JSON."""
    accepted = [case for case in groups()[group] if case["expect"] == "ok"]
    again = {case["id"] for case in sampled(accepted, 5)}
    wrong = []
    for case in accepted:
        got = devaddr_xml.assign(case["in"], **facts(case))
        if score.project(got.xml) != score.project(case["want"]):
            wrong.append(f"{case['id']}: not as by libvirt")
        if case["id"] in again:
            wrong += [f"{case['id']}: {what}" for what in changed(case, got)]
    assert wrong == []


def changed(case: Case, got: Any) -> Iterator[str]:
    """What a second run changes, and the way through JSON."""
    if devaddr_xml.assign(got.xml, **facts(case)).xml != got.xml:
        yield "a second run changes it"
    guest = devaddr_xml.Guest.from_json(read_guest(case["in"]).to_json())
    planned = devaddr_xml.plan(guest, **facts(case)).guest
    if planned.devices != got.guest.devices or planned.to_json() != got.guest.to_json():
        yield "it is another one through JSON"


@each_group
def test_refused_as_by_libvirt(group: str) -> None:
    taken = []
    for case in groups()[group]:
        if case["expect"] == "refuse":
            try:
                devaddr_xml.assign(case["in"], **facts(case))
            except devaddr_xml.DevaddrError:
                continue
            taken.append(f"{case['id']}: {case['why']}")
    assert taken == []
