"""From one release of libvirt to the next: only what a row speaks of changes, and what was laid out stays."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from console_numbers import consoles_by_position
from examples import sampled
from record_live import load

import devaddr_xml
from devaddr_xml import DevaddrError, Guest
from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.engine import state as engine_state
from devaddr_xml.engine.plan import plan
from devaddr_xml.machines.family import first_possible, machine_of
from devaddr_xml.model.capabilities import NEWEST_LIBVIRT
from devaddr_xml.probe.embedded import capabilities_for
from devaddr_xml.rules.libvirt import NOVELTIES, OLDEST, ROWS, Version, rules_of

ROOT = Path(__file__).parents[2]
SKELETONS = sorted((ROOT / "fixtures" / "skeletons").glob("*.xml"))
#: Generated domains of every architecture, of which libvirt's answers are recorded.
OWN = ROOT / "tests" / "conformance" / "own"
GENERATED = [case for case in load(OWN / "libvirt-9.0.0.jsonl.gz") if case["expect"] == "ok"]
DOCUMENTS = {file.stem: file.read_text() for file in SKELETONS} | {case["id"]: case["in"] for case in GENERATED}
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


def layout(guest: Guest, version: Version) -> bytes | str:
    """The finished guest as text, or the error."""
    target = capabilities_for(guest.arch or "x86_64", version)
    try:
        return msgspec.json.encode(plan(guest, capabilities=target).guest.devices)
    except DevaddrError as error:
        return str(error)


def knows_the_same(guest: Guest, older: Any, newer: Any) -> bool:
    """Whether nothing in the guest is known to one of the two releases only."""
    words = older.unknown_words.keys() ^ newer.unknown_words.keys()
    fields = older.unknown_fields.keys() ^ newer.unknown_fields.keys()
    kinds = older.unknown_kinds.keys() ^ newer.unknown_kinds.keys()
    return guest.arch not in older.architectures ^ newer.architectures and not any(
        device.kind in kinds
        or any(device.kind == kind and getattr(device, field) == value for kind, field, value in words)
        or any(device.kind == kind and getattr(device, field) is not None for kind, field in fields)
        for device in guest.devices
    )


@pytest.mark.parametrize("name", [*(file.stem for file in SKELETONS), *(case["id"] for case in GENERATED[::8])])
def test_where_the_answers_agree_the_layout_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = read_guest(DOCUMENTS[name])
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


@pytest.mark.parametrize("release", [(9, 0, 0), (9, 1, 0), (11, 3, 0), (11, 5, 0)])
def test_what_an_older_release_laid_out_stays(release: Version) -> None:
    """Byte for byte, but for what the rules of the newest release say of documents that it did not write."""
    rules, newest = rules_of(release), rules_of(NEWEST_LIBVIRT)
    stayed, brought = 0, 0
    documents = dict(sampled(list(DOCUMENTS.items()), 2))
    for name, text in documents.items():
        arch = read_guest(text).arch or "x86_64"
        try:
            old = devaddr_xml.assign(text, capabilities=capabilities_for(arch, release))
            new = devaddr_xml.assign(old.xml, capabilities=capabilities_for(arch, NEWEST_LIBVIRT))
        except DevaddrError:
            continue
        guest = old.guest
        own = {watchdog.model for watchdog in guest.devices if watchdog.kind == "watchdog"}
        machine = machine_of(guest.arch or "", guest.machine or "")
        chipset = first_possible(machine.watchdog, capabilities_for(arch, NEWEST_LIBVIRT), newest)
        missing = [("watchdog", chipset)] if chipset and chipset not in own else []
        assert not (missing and rules.chipset_watchdog), name
        assert [(device.kind, device.model) for device in new.added] == missing, name
        anew = newest.consoles_numbered_last and not rules.consoles_numbered_last
        expected = consoles_by_position(old.xml) if anew else old.xml
        assert (WATCHDOG.sub("", new.xml) if missing else new.xml) == expected, name
        stayed += 1
        brought += bool(missing)
    assert stayed > len(documents) * 3 // 4
    assert bool(brought) == (not rules.chipset_watchdog)


@pytest.mark.parametrize("release", RELEASES)
def test_every_novelty_is_refused_or_left_out_before(release: Version) -> None:
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
