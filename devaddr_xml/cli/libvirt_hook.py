"""``devaddr-xml libvirt-hook``: answer libvirt's qemu hook."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from devaddr_xml.cli.documents import read_bytes
from devaddr_xml.cli.messages import PROGRAM, tell
from devaddr_xml.cli.output import deliver
from devaddr_xml.integrations.libvirt_hook import answer, needs_document

EXAMPLES = """\b
Installation, on the hypervisor (then let libvirtd look for new hooks):
  ln -s "$(command -v devaddr-xml-libvirt-hook)" /etc/libvirt/hooks/qemu.d/devaddr-xml
  systemctl reload libvirtd

\b
Examples:
  virsh dumpxml guest | devaddr-xml libvirt-hook guest prepare begin -
"""


@click.command(
    "libvirt-hook",
    epilog=EXAMPLES,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.argument("guest")
@click.argument("operation")
@click.argument("suboperation", default="-")
@click.argument("extra", default="-")
def command(guest: str, operation: str, suboperation: str, extra: str) -> int:
    """Answer a call of libvirt's qemu hook for GUEST, with its domain XML on standard input.

    Before a guest starts (prepare, start) the exit code is 1 when its layout is not what the policy in its metadata
    asks for. When a guest moves (migrate, restore) the command prints the domain unchanged, or the exit code is 1
    when the policy puts devices elsewhere. For every other operation, and for a guest without a policy, the exit
    code is 0.

    The command never calls libvirt, and opens nothing that the domain names.
    """
    if not needs_document(operation):
        return 0
    given = answer(operation, read_bytes("-"))
    for message in given.messages:
        tell(f"{PROGRAM}: {guest}: {message}")
    if given.output:
        deliver(given.output, None)
    return given.code


def main() -> NoReturn:
    """The program ``devaddr-xml-libvirt-hook``: the command, with arguments that are never taken for options."""
    if sys.argv[2:3] == ["reconnect"]:
        os._exit(0)  # a failure would end a guest that runs
    from devaddr_xml.cli.process import run

    run(["libvirt-hook", "--", *sys.argv[1:]])
