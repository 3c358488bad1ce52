"""A skeleton that is edited and laid out like its earlier layout: nothing moves but what the edit is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import sampled, scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.documents import Domain, domains, families
from properties.skeleton_edits import Edit, edited
from properties.test_tunables_apart import documents

import devaddr_xml
from devaddr_xml import Assignment, DevaddrError
from devaddr_xml.model.device import Controller

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SKELETONS = sorted([*(FIXTURES / "skeletons").glob("*.xml"), *(FIXTURES / "hinted").glob("*.xml")])
#: What a device takes from its neighbour in the slot, or a port from the device behind it.
OF_NEIGHBOURS = ("multifunction", "hotplug")


def check(old: Assignment, edit: Edit) -> bool:
    """Whether the edited skeleton is accepted; if it is, the result differs from the earlier layout by the edit."""
    try:
        new = devaddr_xml.assign(edit.xml, like=old.xml)
    except DevaddrError:
        assert is_refused_anyway(old, edit), edit.xml
        return False
    changes = devaddr_xml.diff(old.xml, new.xml).changes
    by_kind: dict[str, set[str]] = {"added": set(), "removed": set(), "changed": set(), "moved": set()}
    for change in changes:
        if change.attribute not in OF_NEIGHBOURS:
            by_kind[change.change].add(change.ref)
    assert by_kind["moved"] == set(), changes
    assert by_kind["changed"] == edit.changed, changes
    assert by_kind["added"] - controllers(new) == edit.added.keys(), changes
    assert by_kind["removed"] - controllers(old, but="pci") == edit.removed, changes
    assert devaddr_xml.assign(new.xml, like=old.xml).xml == new.xml
    assert devaddr_xml.assign(new.xml).xml == new.xml
    assert devaddr_xml.assign(edit.xml, like=devaddr_xml.Lock.of(old.guest).to_json()).xml == new.xml
    return True


def controllers(made: Assignment, but: str | None = None) -> set[str]:
    """The references of the controllers, of all types but one."""
    found = (device for device in made.guest.devices if isinstance(device, Controller) and device.type != but)
    return {f"{device.type}.{device.index}" for device in found}


def is_refused_anyway(old: Assignment, edit: Edit) -> bool:
    """Whether the edited skeleton is refused alone, too, or the earlier layout refuses to lose or get these devices."""
    less = old.xml
    try:
        devaddr_xml.assign(edit.xml)
        if edit.removed:
            less = devaddr_xml.detach(old.xml, sorted(edit.removed)).xml
        if edit.added:
            devaddr_xml.attach(less, "".join(edit.added.values()))
    except DevaddrError:
        return True
    return False


@pytest.mark.parametrize("path", SKELETONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fixtures(path: Path) -> None:
    text = path.read_bytes()
    old = devaddr_xml.assign(text)
    assert devaddr_xml.assign(text, like=old.xml).xml == old.xml
    for seed in sampled(range(2), 2):
        check(old, edited(text, f"{path.stem} {seed}"))


@settings(max_examples=scaled(60), deadline=None)
@given(st.one_of(domains(), families()), st.integers(0, 1 << 20))
def test_generated_domains(domain: Domain, seed: int) -> None:
    try:
        old = devaddr_xml.assign(str(domain))
    except DevaddrError:
        return
    check(old, edited(str(domain), seed))


def test_recorded_domains() -> None:
    """A sample of the recorded cases, where they are."""
    accepted = 0
    for name, skeleton in list(documents())[::2]:
        try:
            old = devaddr_xml.assign(skeleton)
        except DevaddrError:
            continue
        accepted += check(old, edited(skeleton, name))
    assert accepted > 10
