"""Parity with what three releases of libvirt made of generated domains: the sets in this folder need nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from record_live import domains, load, parity

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
