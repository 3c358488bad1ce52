"""The names that other programs use, and how little importing them costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import devaddr_xml
from devaddr_xml import Capabilities, DevaddrError, Guest, HostFacts, Policy
from devaddr_xml.model.device import Disk

XML = """<domain type='kvm'>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk><source file='/a'/><target dev='vda' bus='virtio'/></disk>
  </devices>
</domain>
"""


def imported_by(code: str) -> set[str]:
    """The modules that a new interpreter has after running ``code``."""
    command = f"{code}\nimport sys\nprint(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True).stdout
    return set(output.split())


def test_everything_announced_is_there() -> None:
    for name in devaddr_xml.__all__:
        assert getattr(devaddr_xml, name) is not None
        assert name in dir(devaddr_xml)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = devaddr_xml.nonsense


def test_an_assignment() -> None:
    result = devaddr_xml.assign(XML)
    assert "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>" in result.xml
    assert {device.kind for device in result.added} >= {"controller", "memballoon"}
    assert next(device for device in result.guest.devices if isinstance(device, Disk)).address is not None
    assert any(decision.device.kind == "disk" for decision in result.decisions)
    assert result.warnings == ()
    assert devaddr_xml.assign(XML.encode()) == result


def test_a_plan_needs_no_document() -> None:
    guest = Guest(arch="x86_64", machine="q35", devices=[Disk(target="vda", bus="virtio")])
    plan = devaddr_xml.plan(guest)
    assert guest.devices[0].address is None, "the guest that was passed in stays as it was"
    assert next(device for device in plan.guest.devices if isinstance(device, Disk)).address is not None
    assert devaddr_xml.plan(Guest.from_json(guest.to_json())).guest == plan.guest


def test_arguments_reach_the_engine() -> None:
    bare = Capabilities(arch="x86_64", flags=frozenset())
    assert "pcie-root-port" not in devaddr_xml.assign(XML.replace("q35", "pc"), capabilities=bare).xml
    spare = devaddr_xml.assign(XML, policy=Policy(spare_ports=9)).xml
    assert spare.count("pcie-root-port'>") > devaddr_xml.assign(XML).xml.count("pcie-root-port'>")
    facts = HostFacts.from_json('{"pci": {"0001:01:00.0": {"iommu_group": 5}}}')
    assert devaddr_xml.assign(XML, host=facts).xml == devaddr_xml.assign(XML).xml


def test_errors_have_message_line_and_device() -> None:
    with pytest.raises(DevaddrError) as caught:
        devaddr_xml.assign(XML.replace("<target dev='vda'", "<target dev='nonsense'"))
    assert caught.value.line == 4
    assert caught.value.device


@pytest.mark.parametrize("text", ["", "[]", '{"pci": 1}', b'{"pci": {"\xff": {}}}', '{"x":' + "[" * 100_000])
def test_host_facts_that_are_none_are_refused(text: str | bytes) -> None:
    with pytest.raises(DevaddrError, match="the host facts are not valid"):
        HostFacts.from_json(text)


def test_importing_is_cheap() -> None:
    modules = imported_by("import devaddr_xml")
    assert not {"lxml", "msgspec", "click", "devaddr_xml.model.guest"} & modules


def test_a_run_imports_only_what_it_uses() -> None:
    modules = imported_by(f"import devaddr_xml\ndevaddr_xml.assign({XML!r})") - imported_by("import msgspec")
    assert not {"lxml", "click", "rich", "libvirt", "json"} & modules
