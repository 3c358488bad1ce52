"""One validator: what it refuses, and in what words."""

from __future__ import annotations

from typing import Any

import pytest

from devaddr_xml.model.errors import HintError
from devaddr_xml.model.hints import Hints
from devaddr_xml.model.policy import DeviceHints, Policy, Spare
from devaddr_xml.model.policy_json import policy_from_builtins, policy_from_json
from devaddr_xml.model.validate import parse_attributes, validate_hints, validate_policy
from devaddr_xml.model.vocabulary import HINTS, POLICY

GOOD = [
    {},
    {"version": 1},
    {"profile": "packed"},
    {"spare_ports": 0},
    {"spare_ports": "kubevirt"},
    {"scsi_units": 255},
    {"scsi_units": "libvirt"},
    {"numa": "off", "overflow": "pack", "packing": "functions"},
    {"spares": (Spare(0, 1), Spare(1, 0))},
    {"devices": (DeviceHints(ref="vda", slot_group="a", bus_group="b"),)},
    {"devices": (DeviceHints(ref="vda", placement="root-port", bus_group="b", slot_group="a"),)},
    {"devices": (DeviceHints(ref="vda", hotplug="yes", own_bus="yes", node=0, root_complex="pci0000:00"),)},
]


@pytest.mark.parametrize("values", GOOD)
def test_good_policies(values: dict[str, Any]) -> None:
    validate_policy(Policy(**values))


def by_keyword(name: str, value: object) -> None:
    validate_policy(Policy(**{name.replace("-", "_"): value}))


def by_json(name: str, value: object) -> None:
    policy_from_builtins({name: value})


def by_text(name: str, value: object) -> None:
    parse_attributes([(name, str(value))], POLICY, "tunable")


VALUES = [
    ("numa", "stric", 'numa="stric" is not one of strict, prefer or off. Did you mean "strict"?'),
    (
        "profile",
        "Hotplug",
        'profile="Hotplug" is not one of libvirt, hotplug, integrated or packed. Did you mean "hotplug"?',
    ),
    ("overflow", "", 'overflow="" is not one of error or pack'),
    ("spare-ports", -1, 'spare-ports="-1" is not a number from 0 to 65535, libvirt or kubevirt'),
    ("spare-ports", 65536, 'spare-ports="65536" is not a number from 0 to 65535, libvirt or kubevirt'),
    ("scsi-units", 0, 'scsi-units="0" is not a number from 1 to 255 or libvirt'),
    ("scsi-units", 256, 'scsi-units="256" is not a number from 1 to 255 or libvirt'),
    ("version", 3, 'version="3" is not a number from 1 to 2'),
    ("version", 0, 'version="0" is not a number from 1 to 2'),
]


@pytest.mark.parametrize("spelling", [by_keyword, by_json, by_text])
@pytest.mark.parametrize(("name", "value", "text"), VALUES)
def test_three_spellings_have_one_message(spelling: Any, name: str, value: object, text: str) -> None:
    with pytest.raises(HintError) as caught:
        spelling(name, value)
    assert str(caught.value).removeprefix("policy: ").startswith(text)


@pytest.mark.parametrize("value", [True, 1.5, "4", None, ["on"], {}])
@pytest.mark.parametrize("name", ["spare-ports", "scsi-units"])
def test_numbers_are_numbers(name: str, value: object) -> None:
    if value is None:
        by_keyword(name, value)
        return
    with pytest.raises(HintError, match=name):
        by_keyword(name, value)
    with pytest.raises(HintError, match=name):
        by_json(name, value)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(HintError, match=r'there is no tunable "spare-port". Did you mean "spare-ports"\?'):
        by_text("spare-port", 4)
    with pytest.raises(HintError, match=r'there is no tunable "spare-port". Did you mean "spare-ports"\?'):
        by_json("spare-port", 4)
    with pytest.raises(HintError, match=r'there is no tunable "spare". Did you mean "spares"\?'):
        by_json("spare", [])


@pytest.mark.parametrize(
    "text", ["", "+4", "0x4", "4.0", "4 4", "\u0664", "\u00a04", " 4", "4\n", "04", "0" * 5000, "-0"]
)
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(HintError):
        parse_attributes([("spare-ports", text)], POLICY, "tunable")


@pytest.mark.parametrize("name", ["", "a\x00b", "\ud800", "\uffff", "\x1b[31m"])
def test_names_that_no_document_can_hold(name: str) -> None:
    with pytest.raises(HintError, match="slot-group"):
        validate_hints(Hints(slot_group=name), device="vda")


CONTRADICTIONS: list[dict[str, Any]] = [
    {"slot_group": "a", "hotplug": "yes"},
    {"slot_group": "a", "own_bus": "yes"},
    {"bus_group": "a", "own_bus": "yes"},
    {"hotplug": "yes", "port_hotplug": "off"},
    {"hotplug": "no", "port_hotplug": "on"},
    {"placement": "root-complex", "node": 0},
    {"placement": "root-complex", "root_complex": "a"},
    {"placement": "root-complex", "own_bus": "yes"},
    {"placement": "root-complex", "bus_group": "a"},
    {"placement": "root-complex", "port_hotplug": "off"},
    {"placement": "root-port", "bus": "pci"},
    {"placement": "switch", "bus": "pci"},
    {"placement": "bridge", "bus": "pcie"},
    {"placement": "root-port", "bus_group": "a"},
]


@pytest.mark.parametrize("values", CONTRADICTIONS, ids=lambda values: "-".join(values))
def test_hints_that_exclude_each_other(values: dict[str, Any]) -> None:
    with pytest.raises(HintError, match="exclude each other") as caught:
        validate_hints(Hints(**values), device="vda", line=7)
    assert caught.value.device == "vda"
    assert caught.value.line == 7
    for name, value in values.items():
        assert f'{name.replace("_", "-")}="{value}"' in str(caught.value)
        validate_hints(Hints(**{name: value}))


@pytest.mark.parametrize("term", HINTS, ids=lambda term: term.name)
def test_every_hint_is_checked(term: Any) -> None:
    with pytest.raises(HintError, match=term.name):
        validate_hints(Hints(**{term.field: -1}), device="vda")


@pytest.mark.parametrize(
    "value", [10**5000, "x" * 10**7, -(10**70), "\ud800" * 100], ids=["digits", "text", "negative", "surrogates"]
)
def test_long_values_are_cut(value: Any) -> None:
    for policy in (Policy(numa=value), Policy(devices=(DeviceHints(ref="vda", node=value),))):
        with pytest.raises(HintError) as caught:
            validate_policy(policy)
        assert len(str(caught.value)) < 300


def test_spare_ports_of_a_node_given_twice() -> None:
    with pytest.raises(HintError, match="given twice, 2 and 3") as caught:
        validate_policy(Policy(spares=(Spare(1, 2, line=4), Spare(1, 3, line=9))))
    assert (caught.value.line, caught.value.other_line) == (9, 4)


@pytest.mark.parametrize(
    "policy",
    [Policy(spares=({"node": 1},)), Policy(devices=("vda",)), Policy(devices=(DeviceHints(ref=""),))],  # type: ignore[arg-type]
)
def test_lists_of_something_else(policy: Policy) -> None:
    with pytest.raises(HintError):
        validate_policy(policy)


def test_json() -> None:
    policy = policy_from_json(
        '{"profile": "hotplug", "spares": [{"node": 1, "ports": 2}], "devices": [{"ref": "vda", "root-complex": "a"}]}'
    )
    assert policy == Policy(
        profile="hotplug", spares=(Spare(1, 2),), devices=(DeviceHints(ref="vda", root_complex="a"),)
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("[]", "not an object"),
        ('{"spares": {}}', "spares of the policy is not a list"),
        ('{"devices": [3]}', r"devices\[1\] is not an object"),
        (
            '{"devices": [{"ref": "a"}, {"ref": "b", "nod": 1}]}',
            r'devices\[2\]: there is no hint "nod". Did you mean "node"',
        ),
        ('{"devices": [{"node": 1}]}', "ref"),
        ('{"spares": [{"node": 1}]}', "ports"),
        ('{"spares": [{"node": -1, "ports": 2}]}', 'node="-1"'),
        ("[" * 100000, "not valid JSON"),
        (b"\xff\xfe{", "not valid JSON"),
    ],
)
def test_bad_json(text: str | bytes, words: str) -> None:
    with pytest.raises(HintError, match=words):
        policy_from_json(text)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(port_hotplug="off", spare_ports=1),
        Policy(port_hotplug="off", spare_ports="kubevirt"),
        Policy(port_hotplug="off", spares=(Spare(0, 2),)),
    ],
)
def test_spare_ports_that_could_take_nothing(policy: Policy) -> None:
    with pytest.raises(HintError, match='spare ports and port-hotplug="off" exclude each other'):
        validate_policy(policy)


def test_spare_ports_win_over_the_ports_of_a_profile() -> None:
    assert Policy(profile="packed").tunables().port_hotplug == "off"
    assert Policy(profile="packed", spare_ports=0).tunables().port_hotplug == "off"
    assert Policy(profile="packed", spare_ports=2).tunables().port_hotplug == "spare-only"
    assert Policy(profile="packed", spares=(Spare(0, 2),)).tunables().port_hotplug == "spare-only"
    assert Policy(profile="packed", spare_ports=2, port_hotplug="on").tunables().port_hotplug == "on"
    validate_policy(Policy(port_hotplug="off", spare_ports=0, spares=(Spare(0, 0),)))
