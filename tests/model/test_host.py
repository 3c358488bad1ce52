"""Host facts as JSON: what they can say, and what no host can be like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from host_trees import SERVER, facts
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.model.errors import ValueInvalid
from devaddr_xml.model.host import HostFacts, HostPciDevice

PORT, UP, DOWN = "0000:10:01.0", "0000:11:00.0", "0000:12:00.0"


def tree(**changes: dict[str, Any]) -> str:
    """Facts of a root port, a switch and a device, with changes by role."""
    roles = {
        "port": (PORT, {"kind": "root-port"}),
        "up": (UP, {"kind": "upstream-port", "parents": [PORT]}),
        "down": (DOWN, {"kind": "downstream-port", "parents": [PORT, UP]}),
        "gpu": ("0000:13:00.0", {"parents": [PORT, UP, DOWN]}),
    }
    return json.dumps({"pci": {address: own | changes.get(role, {}) for role, (address, own) in roles.items()}})


def test_a_tree() -> None:
    assert HostFacts.from_json(tree()).pci["0000:13:00.0"].parents == (PORT, UP, DOWN)
    assert HostFacts.from_json(facts(SERVER).to_json()) == facts(SERVER)


def test_a_switch_behind_a_bridge_that_leads_back_to_pci_express() -> None:
    assert HostFacts.from_json(tree(port={"kind": "bridge", "class": "0x060400"})).pci[UP].kind == "upstream-port"


def test_the_form_without_parents_is_read() -> None:
    old = '{"pci": {"0000:41:00.0": {"iommu_group": 3, "express": true, "numa_node": 1, "root_complex": "pci0000:40"}}}'
    expected = HostPciDevice(iommu_group=3, express=True, numa_node=1, root_complex="pci0000:40")
    assert HostFacts.from_json(old).pci == {"0000:41:00.0": expected}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"hots": {}}', r"hots.*There is pci, cpus, phys_bits"),
        ('{"PCI": {}}', r"PCI.*Did you mean \"pci\""),
        ('{"pci": {"0000:41:00.0": {"numanode": 1}}}', r"numanode.*Did you mean \"numa_node\""),
        ('{"pci": {"0000:41:00.0": {"class_": "0x03"}}}', r"class_.*Did you mean \"class\""),
        ('{"pci": {"41:00.0": {}}}', r'"41:00\.0" is not an address DDDD:BB:SS\.F\. Write "0000:41:00\.0"'),
        ('{"pci": {"0000:4A:00.0": {}}}', r'Write "0000:4a:00\.0"'),
        ('{"pci": {"0000:41:20.0": {}}}', "is not an address"),
        ('{"pci": {"0000:41:00.8": {}}}', "is not an address"),
        ('{"pci": {"00000:41:00.0": {}}}', "is not an address"),
        ('{"pci": {"pci_0000_41_00_0": {}}}', "is not an address"),
        ('{"pci": {"0000:41:00.0": {"physfn": "0000:41:00.0"}}}', '"physfn": a device is not'),
        ('{"pci": {"0000:41:00.0": {"vendor": "nvidia"}}}', '"vendor": "nvidia" is not a hexadecimal'),
        ('{"pci": {"0000:41:00.0": {"iommu_group": -1}}}', "counted from 0"),
        ('{"pci": {"0000:41:00.0": {"bars": [{"index": 6, "size": 4096}]}}}', "no BAR 6"),
        ('{"pci": {"0000:41:00.0": {"bars": [{"index": 0, "size": 4097}]}}}', "power of two"),
        ('{"pci": {"0000:41:00.0": {"vf_bars": [{"index": 0, "size": 4096, "bits": 16}]}}}', "16"),
        ('{"cpus": {"-1": [0]}}', '"cpus"'),
        (
            '{"pci": {"0000:41:00.0": {}, "0000:42:00.0": {"kind": "gpu"}}}',
            r'"pci"\."0000:42:00\.0": Invalid enum value',
        ),
        ('{"pci": {"0000:41:00.0": {"numa_node": "0"}}}', r'"0000:41:00\.0": Expected `int'),
        ('{"phys_bits": 12}', '"phys_bits"'),
        (tree(gpu={"parents": ["0000:13:00.0"]}), "loop"),
        (tree(gpu={"parents": [PORT, PORT]}), "loop"),
        (tree(port={"parents": ["0000:13:00.0"]}), "other bridges above it|root port"),
        (tree(gpu={"parents": [UP, PORT, DOWN]}), "other bridges above it"),
        (tree(gpu={"parents": [UP]}), "other bridges above it"),
        (tree(down={"kind": None, "class": "0x030000"}), r"not a bridge \(its class"),
        (tree(up={"kind": "downstream-port"}), "downstream-port, and right above it is a root-port"),
        (tree(down={"kind": "upstream-port"}), "upstream-port, and right above it is a upstream-port"),
        (tree(down={"kind": "root-port"}), "root port, and has a bridge above"),
        (tree(down={"kind": "switch"}), "switch"),
        (tree(gpu={"parents": ["x"]}), '"parents": "x" is not an address'),
        (tree(gpu={"root_complex": "pci0000:20"}, down={"root_complex": "pci0000:10"}), "is below pci0000:10"),
    ],
)
def test_what_no_host_is_like(text: str, words: str) -> None:
    with pytest.raises(ValueInvalid, match=words):
        HostFacts.from_json(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_any_json_is_facts_or_refused(value: object) -> None:
    for text in (json.dumps(value), json.dumps({"pci": value}), json.dumps({"pci": {"0000:00:00.0": value}})):
        try:
            HostFacts.from_json(text)
        except ValueInvalid:
            continue
