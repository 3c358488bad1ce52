"""Documents that hold a domain."""

from __future__ import annotations

import pytest

from devaddr_xml.domxml.nested import read_guest
from devaddr_xml.model.errors import DocumentError

DOMAIN = """<domain type='kvm'>
  <name>ü</name>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><target dev='vda' bus='virtio'/></disk>
  </devices>
</domain>
"""


@pytest.mark.parametrize("holder", ["domainsnapshot", "domaincheckpoint", "domstatus"])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_the_domain_inside(holder: str, as_bytes: bool) -> None:
    declaration = "<?xml version='1.0' encoding='UTF-8'?>"
    text = f"{declaration}\n<{holder} state='x'>\n  <name>s</name>\n{DOMAIN}\n<inactiveDomain/></{holder}>"
    guest = read_guest(text.encode() if as_bytes else text)
    assert guest.name == "ü"
    assert guest.machine == "q35"
    assert [d.line for d in guest.devices] == [8]


def test_only_a_direct_child_counts() -> None:
    text = f"<domainsnapshot><parent><domain><name>no</name></domain></parent>{DOMAIN}</domainsnapshot>"
    assert read_guest(text).name == "ü"


def test_a_plain_domain_may_speak_of_snapshots() -> None:
    text = DOMAIN.replace("<os>", "<metadata><domainsnapshot><domain/></domainsnapshot></metadata><os>")
    assert read_guest(text).name == "ü"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<domainsnapshot><name>s</name></domainsnapshot>", "holds no domain"),
        ("<domainsnapshot><domain>", "not well-formed"),
        ("<network/>", "the document is a network, not a domain"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><domainsnapshot><domain/></domainsnapshot>", "document type"),
        ("", "the document is empty"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read_guest(text)
