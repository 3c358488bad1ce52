"""Parity with what three releases of libvirt made of generated domains: the sets in this folder need nothing else."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from record_live import domains, load, parity

import devaddr_xml

OWN = Path(__file__).resolve().parent / "own"

SETS = ("libvirt-11.3.0", "libvirt-12.8.0", "libvirt-9.0.0")


@pytest.mark.parametrize("name", SETS)
def test_parity(name: str) -> None:
    cases = load(OWN / f"{name}.jsonl.gz")
    wrong = {case["id"]: lines for case in cases if (lines := parity(case))}
    assert len(cases) >= 290
    assert wrong == {}


@pytest.mark.parametrize("name", SETS)
def test_the_domains_are_those_that_the_generators_make(name: str) -> None:
    made = {case["id"]: case["in"] for case in domains(range(150))}
    for case in load(OWN / f"{name}.jsonl.gz"):
        assert made[case["id"]] == case["in"], case["id"]


def laid_out(document: str, case: dict[str, Any]) -> str:
    """A document laid out for the libvirt and QEMU of a case."""
    target = devaddr_xml.known_capabilities(case["arch"], libvirt=case["libvirt"], qemu=case["qemu"])
    return devaddr_xml.assign(document, capabilities=target).xml


def places(document: str) -> list[str]:
    """Every controller and every address of a document, as written."""
    return re.findall(r"<(?:controller|address) [^>]*>", document)


@pytest.mark.parametrize(
    ("older", "newer"), list(combinations(("libvirt-9.0.0", "libvirt-11.3.0", "libvirt-12.8.0"), 2))
)
def test_a_newer_release_keeps_what_an_older_one_laid_out(older: str, newer: str) -> None:
    """A newer libvirt may add a device that the machine has anyway, such as a watchdog; it moves nothing."""
    of_newer = {case["id"]: case for case in load(OWN / f"{newer}.jsonl.gz")}
    kept = 0
    for case in load(OWN / f"{older}.jsonl.gz"):
        if case["expect"] != "ok" or case["id"] not in of_newer:
            continue
        first = laid_out(case["in"], case)
        try:
            second = laid_out(first, of_newer[case["id"]])
        except devaddr_xml.DevaddrError:
            continue  # the newer QEMU or libvirt does not have something that the document names
        assert places(second) == places(first), case["id"]
        kept += 1
    assert kept >= 100
