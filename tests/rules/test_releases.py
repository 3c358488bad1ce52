"""From one release of libvirt to the next: only what a row speaks of changes, and what was laid out stays."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

import devaddr_xml
from devaddr_xml import DevaddrError, Guest
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.engine import state as engine_state
from devaddr_xml.engine.plan import plan
from devaddr_xml.model.capabilities import NEWEST_LIBVIRT
from devaddr_xml.probe.embedded import capabilities_for
from devaddr_xml.rules.libvirt import NOVELTIES, OLDEST, ROWS, rules_of

SKELETONS = sorted((Path(__file__).parents[2] / "fixtures" / "skeletons").glob("*.xml"))
RELEASES = [OLDEST, *sorted({row.since for row in ROWS} | {novelty.since for novelty in NOVELTIES})]

WATCHDOG = re.compile(r"\n\s*<watchdog model=['\"]itco['\"][^>]*/>")

#: Questions that are asked of every guest: what a release does not know is looked for in all devices.
OF_EVERY_GUEST = frozenset(("architectures", "unknown_words", "unknown_fields", "unknown_kinds", "taken_everywhere"))


class Asked:
    """Rules that write down which of their questions are asked."""

    def __init__(self, rules: Any) -> None:
        self.rules = rules
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(self.rules, name)


def layout(guest: Guest, version: tuple[int, int, int]) -> bytes | str:
    """The finished guest as text, or the error."""
    target = capabilities_for(guest.arch or "x86_64", version)
    try:
        return msgspec.json.encode(plan(guest, capabilities=target).guest.devices)
    except DevaddrError as error:
        return str(error)


def knows_the_same(guest: Guest, older: Any, newer: Any) -> bool:
    """Whether nothing in the guest is known to one of the two releases only."""
    words = older.unknown_words ^ newer.unknown_words
    fields = older.unknown_fields ^ newer.unknown_fields
    kinds = older.unknown_kinds ^ newer.unknown_kinds
    return guest.arch not in older.architectures ^ newer.architectures and not any(
        device.kind in kinds
        or any(device.kind == kind and getattr(device, field) == value for kind, field, value in words)
        or any(device.kind == kind and getattr(device, field) is not None for kind, field in fields)
        for device in guest.devices
    )


@pytest.mark.parametrize("file", SKELETONS, ids=lambda file: file.stem)
def test_where_the_answers_agree_the_layout_does(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = read_guest(file.read_text())
    compared = 0
    for older, newer in pairwise(RELEASES):
        before, after = rules_of(older), rules_of(newer)
        asked = Asked(before)
        with monkeypatch.context() as patched:
            patched.setattr(engine_state, "rules_of", lambda version, asked=asked: asked)
            first = layout(guest, older)
        changed = {name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)}
        if not changed & asked.names - OF_EVERY_GUEST and knows_the_same(guest, before, after):
            compared += 1
            assert layout(guest, newer) == first, (older, newer)
    assert compared >= 3


@pytest.mark.parametrize("file", SKELETONS, ids=lambda file: file.stem)
def test_what_an_older_release_laid_out_stays(file: Path) -> None:
    """The watchdog of the q35 chipset, which 9.1.0 made known, is all that comes to it."""
    arch = read_guest(file.read_text()).arch or "x86_64"
    for release in ((9, 0, 0), (9, 1, 0), (11, 3, 0), (11, 5, 0)):
        try:
            laid_out = devaddr_xml.assign(file.read_text(), capabilities=capabilities_for(arch, release))
            again = devaddr_xml.assign(laid_out.xml, capabilities=capabilities_for(arch, NEWEST_LIBVIRT))
        except DevaddrError:
            continue
        assert [(device.kind, device.model) for device in again.added] in ([], [("watchdog", "itco")])
        assert (WATCHDOG.sub("", again.xml) if again.added else again.xml) == laid_out.xml


@pytest.mark.parametrize("release", RELEASES)
def test_every_novelty_is_refused_or_left_out_before(release: tuple[int, int, int]) -> None:
    rules = rules_of(release)
    for novelty in NOVELTIES:
        missing = (
            novelty.kind in rules.unknown_kinds
            if novelty.field is None
            else (novelty.kind, novelty.field) in rules.unknown_fields
            if novelty.value is None
            else (novelty.kind, novelty.field, novelty.value) in rules.unknown_words
        )
        assert missing == (novelty.since > release)
