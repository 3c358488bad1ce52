"""A tunable that has nothing to do with a guest changes nothing of it but the policy that says it."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from examples import THOROUGH, scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.guests import MACHINES, crowds, guest

import devaddr_xml
from devaddr_xml.model.policy import Policy

ROOT = Path(__file__).resolve().parents[2]
CONFORMANCE = ROOT.parent / "shared" / "conformance"
#: Every so many cases of a set are taken, so that the test is quick.
STEP = 40 if THOROUGH else 120

#: Policies, and of which documents they say nothing.
APART: dict[str, tuple[Policy, re.Pattern[str]]] = {
    "numa off": (Policy(numa="off"), re.compile("")),
    "numa prefer": (Policy(numa="prefer"), re.compile("")),
    "overflow": (Policy(overflow="pack"), re.compile("")),
    "explicit defaults": (
        Policy(
            spare_ports="libvirt",
            port_hotplug="default",
            packing="separate",
            pcie_placement="root-port",
            legacy_placement="bridge",
            numa="strict",
            scsi_units="libvirt",
            overflow="error",
        ),
        re.compile(""),
    ),
    "naming scheme": (Policy(naming_scheme="v257"), re.compile("")),
    "naming scheme of old layouts": (Policy(version=1, naming_scheme="v247"), re.compile("")),
    "scsi-units without SCSI": (Policy(scsi_units=200), re.compile(r"\A(?!.*(bus|type)=['\"]scsi)", re.S)),
    "spare ports without PCI Express": (Policy(spare_ports=0), re.compile(r"\A(?!.*model=['\"]pcie-root)", re.S)),
    "ports without PCI Express": (
        Policy(port_hotplug="off", pcie_placement="switch"),
        re.compile(r"\A(?!.*model=['\"]pcie-root)", re.S),
    ),
}

_POLICY = re.compile(r"<devaddr:policy[^>]*/>")


def documents() -> Iterator[tuple[str, str]]:
    """Documents without hints: the skeletons of this repository, and recorded cases where they are."""
    for path in sorted((ROOT / "fixtures" / "skeletons").glob("*.xml")):
        yield path.stem, path.read_text()
    for file in sorted(CONFORMANCE.glob("*.jsonl.gz")):
        with gzip.open(file, "rt") as lines:
            for number, line in enumerate(lines):
                if not number % STEP and (case := json.loads(line))["expect"] == "ok":
                    yield case["id"], case["in"]


@cache
def laid_out() -> list[tuple[str, str, str]]:
    """Those that are accepted, each with what is made of it."""
    found = []
    for case, xml in documents():
        with contextlib.suppress(devaddr_xml.DevaddrError):
            found.append((case, xml, devaddr_xml.assign(xml).xml))
    return found


def without_policy(xml: str) -> str:
    """A document without the element that says the policy, and without space around its elements."""
    closed = re.sub(r">\s+<", "><", _POLICY.sub("", xml))
    return closed.replace("<metadata></metadata>", "")


@pytest.mark.parametrize("name", APART)
def test_a_document_is_as_without(name: str) -> None:
    policy, apart = APART[name]
    seen = 0
    for case, xml, plain in laid_out():
        if apart.search(plain):
            seen += 1
            assert without_policy(devaddr_xml.assign(xml, policy=policy).xml) == without_policy(plain), case
    assert seen > 10


@settings(max_examples=scaled(40), deadline=None)
@given(
    st.sampled_from(sorted(MACHINES)),
    crowds(st.just(None), 40),
    st.sampled_from([Policy(numa="off"), Policy(numa="prefer"), Policy(overflow="pack"), Policy(scsi_units=200)]),
)
def test_a_guest_is_as_without(machine: str, devices: list[devaddr_xml.Device], policy: Policy) -> None:
    source = guest(machine, devices)
    plain, asked = devaddr_xml.plan(source), devaddr_xml.plan(source, policy=policy)
    assert asked.guest.devices == plain.guest.devices
    assert [str(each) for each in asked.decisions] == [str(each) for each in plain.decisions]
