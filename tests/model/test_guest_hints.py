"""Hints in the JSON of a guest, and policies on top of each other."""

from __future__ import annotations

import pytest

from devaddr_xml.model.device import Disk
from devaddr_xml.model.errors import HintError, ValueInvalid
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import DeviceHints, Policy, Spare


def test_round_trip() -> None:
    guest = Guest(
        devices=[Disk(target="vda", hints=Hints(node=1, root_complex="a"))],
        policy=Policy(profile="packed", spares=(Spare(0, 2),), devices=(DeviceHints(ref="vda", hotplug="no"),)),
    )
    assert Guest.from_json(guest.to_json()) == guest
    assert '"root-complex":"a"' in guest.to_json()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"policy": {"numa": "stric"}}', 'numa="stric" is not one of'),
        ('{"policy": {"nums": "strict"}}', 'Did you mean "numa"'),
        ('{"devices": [{"kind": "disk", "hints": {"hotplug": "maybe"}}]}', r'devices\[1\]: hotplug="maybe"'),
        ('{"devices": [{"kind": "disk", "hints": {"placment": "switch"}}]}', 'Did you mean "placement"'),
    ],
)
def test_mistakes_in_hints_are_told_in_their_words(text: str, words: str) -> None:
    with pytest.raises(HintError, match=words):
        Guest.from_json(text)


@pytest.mark.parametrize(
    "text", ['{"devices": [{"kind": "disc"}]}', '{"devices": 3}', "{", '{"vcpus": "x", "policy": 3}']
)
def test_other_mistakes_are_no_hint_errors(text: str) -> None:
    with pytest.raises((ValueInvalid, HintError)) as caught:
        Guest.from_json(text)
    assert isinstance(caught.value, HintError) == ('"policy": 3' in text)


def test_a_policy_over_another() -> None:
    lower = Policy(
        profile="packed", numa="off", spares=(Spare(0, 1), Spare(1, 1)), devices=(DeviceHints(ref="vda", node=0),)
    )
    upper = Policy(numa="prefer", spares=(Spare(1, 5),), devices=(DeviceHints(ref="vda", node=1),))
    merged = upper.over(lower)
    assert (merged.profile, merged.numa) == ("packed", "prefer")
    assert merged.spares == (Spare(0, 1), Spare(1, 5))
    assert merged.devices == (DeviceHints(ref="vda", node=0), DeviceHints(ref="vda", node=1, overriding=True))
    assert merged.tunables().packing == "functions"
