"""define with a connection that only says what it is told: what is compared, and what is undone."""

from __future__ import annotations

import pytest

from devaddr_xml import DefinitionChanged, DevaddrError, Policy, assign, define
from devaddr_xml.probe.embedded import capabilities_for

CAPABILITIES = capabilities_for("x86_64")
XML = """<domain type='kvm'>
  <name>guest</name>
  <uuid>0C9AE1A5-6E0B-4F5E-8B0A-6D3C1F1D3A11</uuid>
  <memory unit='GiB'>1</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
  </devices>
</domain>
"""
UUID = "0c9ae1a5-6e0b-4f5e-8b0a-6d3c1f1d3a11"
COMPLETE = assign(XML, capabilities=CAPABILITIES).xml


class Domain:
    """What libvirt-python gives for a domain."""

    def __init__(self, connection: Connection, xml: str, persistent: bool = True) -> None:
        self.connection = connection
        self.xml = xml
        self.persistent = persistent

    def name(self) -> str:
        return "guest"

    def UUIDString(self) -> str:  # noqa: N802
        return UUID

    def isPersistent(self) -> bool:  # noqa: N802
        return self.persistent

    def XMLDesc(self, flags: int) -> str:  # noqa: N802
        self.connection.calls.append(f"read {flags}")
        return self.xml

    def undefineFlags(self, flags: int) -> None:  # noqa: N802
        self.connection.calls.append(f"undefine {flags}")


class Connection:
    """A libvirt that changes what it defines, by replacing one text by another."""

    def __init__(self, old: str = "", new: str = "", before: Domain | None = None) -> None:
        self.change = old, new
        self.domains = [before] if before else []
        self.calls: list[str] = []

    def listAllDomains(self) -> list[Domain]:  # noqa: N802
        for domain in self.domains:
            domain.connection = self
        return self.domains

    def defineXML(self, xml: str) -> Domain:  # noqa: N802
        self.calls.append(f"define {xml}")
        return Domain(self, xml.replace(*self.change) if self.change[0] else xml)


def test_what_is_taken_as_it_is_stays() -> None:
    connection = Connection()
    domain = define(connection, XML, capabilities=CAPABILITIES)
    assert isinstance(domain, Domain)
    assert connection.calls == [f"define {COMPLETE}", "read 2"]


def test_other_spellings_are_no_change() -> None:
    connection = Connection("machine='q35'", "machine='pc-q35-9.2'")
    assert define(connection, XML, capabilities=CAPABILITIES)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("bus='0x01'", "bus='0x05'", r"interface 52:54:00:00:00:01 was 0000:01:00.0 and is 0000:05:00.0"),
        ("chassis='1'", "chassis='9'", r"controller pci.1 \(pcie-root-port\) chassis was 1 and is 9"),
        ("</devices>", "<rng model='virtio'/></devices>", "rng virtio was added"),
        ("<model type='virtio'/>", "<model type='e1000'/>", "interface .* model was virtio and is e1000"),
    ],
)
def test_a_new_domain_is_undefined(old: str, new: str, words: str) -> None:
    connection = Connection(old, new)
    with pytest.raises(DefinitionChanged, match=words) as caught:
        define(connection, XML, capabilities=CAPABILITIES)
    assert connection.calls[-1] == "undefine 8"
    assert caught.value.changes
    assert isinstance(caught.value, DevaddrError)


@pytest.mark.parametrize("xml", [XML, XML.replace("<uuid>0C9AE1A5-6E0B-4F5E-8B0A-6D3C1F1D3A11</uuid>", "")])
def test_an_earlier_definition_comes_back(xml: str) -> None:
    connection = Connection("bus='0x01'", "bus='0x05'")
    connection.domains = [Domain(connection, "<domain>as it was</domain>")]
    with pytest.raises(DefinitionChanged):
        define(connection, xml, capabilities=CAPABILITIES)
    assert connection.calls[0] == "read 3"
    assert connection.calls[-1] == "define <domain>as it was</domain>"


def test_a_domain_that_only_runs_goes_on_running() -> None:
    connection = Connection("bus='0x01'", "bus='0x05'")
    connection.domains = [Domain(connection, "<domain/>", persistent=False)]
    with pytest.raises(DefinitionChanged):
        define(connection, XML, capabilities=CAPABILITIES)
    assert connection.calls[-1] == "undefine 8"


def test_what_cannot_be_is_not_defined() -> None:
    connection = Connection()
    with pytest.raises(DevaddrError):
        define(connection, XML, policy=Policy(spare_ports=100_000), capabilities=CAPABILITIES)
    assert connection.calls == []


def test_a_refusal_of_libvirt_is_passed_on() -> None:
    class Refusing(Connection):
        def defineXML(self, xml: str) -> Domain:  # noqa: N802
            raise OSError("no")

    with pytest.raises(OSError, match="no"):
        define(Refusing(), XML, capabilities=CAPABILITIES)
