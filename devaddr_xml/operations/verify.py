"""Trying a domain on a real libvirt and a real QEMU."""

from __future__ import annotations

from devaddr_xml.domxml.document import parse
from devaddr_xml.domxml.reader import read
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.assign import assign
from devaddr_xml.operations.target import Target
from devaddr_xml.probe.libvirt import probe_host
from devaddr_xml.probe.verify import Verification
from devaddr_xml.probe.verify import verify as try_domain


def verify(xml: str | bytes, uri: str, policy: Policy | None, run_seconds: float, timeout: float) -> Verification:
    """Assign a domain for the libvirt at ``uri``, and compare the layout with what libvirt and QEMU make of it.

    run_seconds: how long the firmware runs; 0: not at all. timeout: seconds for each request besides. Raises
    DevaddrError; ProbeError when libvirt gives no answer.
    """
    guest = read(parse(xml))
    capabilities, host = probe_host(uri, guest.arch, guest.machine, guest.emulator, timeout)
    assignment = assign(xml, policy, Target(capabilities, host))
    return try_domain(assignment.xml, uri, run_seconds, timeout + run_seconds)
