"""The layout of a guest as arguments for QEMU."""

from __future__ import annotations

from devaddr_xml.model.guest import Guest
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.guests import read_guest
from devaddr_xml.operations.plan import plan
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.qemu_args import QemuArguments, qemu_arguments


def qemu_args(domain: str | bytes | Guest, policy: Policy | None = None, target: Target = NEWEST) -> QemuArguments:
    """The arguments for a guest, planned where it has no addresses yet; raises DevaddrError."""
    return qemu_arguments(plan(read_guest(domain), policy, target).guest)
