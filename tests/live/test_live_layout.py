"""libvirt takes what we made as it is, and makes the same of what we were given."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from console_numbers import consoles_by_position
from live.adapt import adapted
from live.generate import generate
from live.signature import difference

from devaddr_xml import DevaddrError, assign
from devaddr_xml.probe.client import LibvirtRefusal
from devaddr_xml.rules.libvirt import rules_of
from devaddr_xml.rules.questions import Rules

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
#: Debian's QEMU is built without Xen.
WITHOUT_MACHINE = ("xenfv-migrated",)

DOMAINS = [
    path
    for path in sorted(FIXTURES.glob("skeletons/*.xml")) + sorted(FIXTURES.glob("hinted/*.xml"))
    if path.stem not in WITHOUT_MACHINE
]
SKELETONS = [path for path in DOMAINS if path.parent.name == "skeletons"]

#: Seeds of generated domains; about one in ten is refused by both sides, which is a result as well.
SEEDS = range(345)
MOST_REFUSED = 45


def architecture(xml: str) -> str:
    found = re.search(r"<type[^>]*arch=[\"']([^\"']+)", xml)
    return found[1] if found else "x86_64"


class Layout:
    """What both sides make of one domain; a refusal is None."""

    def __init__(self, xml: str, define: Callable[[str], str], ability: Any) -> None:
        import libvirt

        self.ours: str | None = None
        self.theirs: str | None = None
        self.kept: str | None = None
        self.our_refusal = self.their_refusal = ""
        self.has_no_emulator = False
        try:
            capabilities, host = ability(architecture(xml))
        except LibvirtRefusal:
            self.has_no_emulator = True  # this libvirt, or its QEMU, has no such architecture
            return
        self.rules = rules_of(capabilities.libvirt_version)
        try:
            self.ours = assign(xml, capabilities=capabilities, host=host).xml
        except DevaddrError as error:
            self.ours, self.our_refusal = None, str(error)
        try:
            self.theirs = define(xml)
        except libvirt.libvirtError as error:
            self.theirs, self.their_refusal = None, str(error)
        self.has_no_emulator = "does not support arch" in self.their_refusal  # as of some of Debian's own QEMU
        if self.ours is not None and not self.has_no_emulator:
            self.kept = define(self.ours)

    def changes(self) -> list[str]:
        """What libvirt changes in our layout, against the rules of its release."""
        return changes(self.ours or "", self.kept or "", self.rules)


def changes(ours: str, kept: str, rules: Rules) -> list[str]:
    """Where libvirt keeps another layout than ours; releases that number consoles first do so by position each time."""
    return difference(ours if rules.consoles_numbered_last else consoles_by_position(ours), kept)


@pytest.mark.parametrize("path", DOMAINS, ids=lambda path: path.stem)
def test_fixture_is_a_fixed_point(path: Path, define: Callable[[str], str], ability: Any) -> None:
    layout = Layout(adapted(path.read_text()), define, ability)
    if layout.has_no_emulator:
        return
    if layout.ours is None:
        assert layout.theirs is None, f"only we refuse: {layout.our_refusal}"
    else:
        assert layout.changes() == []


@pytest.mark.parametrize("path", SKELETONS, ids=lambda path: path.stem)
def test_fixture_is_laid_out_as_libvirt_does(path: Path, define: Callable[[str], str], ability: Any) -> None:
    layout = Layout(adapted(path.read_text()), define, ability)
    if layout.has_no_emulator:
        return
    assert (layout.ours is None) == (layout.theirs is None), layout.our_refusal or layout.their_refusal
    if layout.ours is not None and layout.theirs is not None:
        assert difference(layout.theirs, layout.ours) == []


def test_generated_domains(define: Callable[[str], str], ability: Any) -> None:
    """300 domains that libvirt accepts are fixed points, and laid out as libvirt does; the others both sides refuse."""
    refused, wrong = 0, []
    for seed in SEEDS:
        layout = Layout(generate(seed), define, ability)
        if layout.ours is None or layout.theirs is None or layout.kept is None:
            refused += 1
            if layout.ours is not None or layout.theirs is not None:
                wrong.append(f"{seed}: only one side refuses: {vars(layout)}")
            continue
        wrong += [f"{seed}: libvirt changes {line}" for line in layout.changes()]
        wrong += [f"{seed}: libvirt has {line}" for line in difference(layout.theirs, layout.ours)]
    assert wrong == []
    assert refused <= MOST_REFUSED


def test_generated_domains_with_hints(define: Callable[[str], str], ability: Any) -> None:
    """Domains with hints at random: what we do not refuse is a fixed point."""
    laid_out, wrong = 0, []
    for seed in range(5000, 5300):
        xml = generate(seed, hinted=True)
        capabilities, host = ability(architecture(xml))
        rules = rules_of(capabilities.libvirt_version)
        try:
            ours = assign(xml, capabilities=capabilities, host=host).xml
        except DevaddrError:
            continue
        laid_out += 1
        wrong += [f"{seed}: libvirt changes {line}" for line in changes(ours, define(ours), rules)]
    assert wrong == []
    assert laid_out >= 100
