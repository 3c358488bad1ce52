"""``devaddr-xml kubevirt``: answer KubeVirt's onDefineDomain hook."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from devaddr_xml.cli.messages import PROGRAM, tell
from devaddr_xml.cli.output import deliver

if TYPE_CHECKING:
    from devaddr_xml.model.host import HostFacts

#: The environment variable that names the folder below which the node's ``/sys`` is, if it is not at its usual place.
SYSFS_ROOT = "DEVADDR_XML_SYSFS_ROOT"

EXAMPLES = """\b
Examples:
  devaddr-xml kubevirt --vmi "$(kubectl get vmi database -o json)" --domain "$(cat domain.xml)"
"""


@click.command("kubevirt", epilog=EXAMPLES, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.option("--vmi", required=True, metavar="JSON", help="The virtual machine instance.")
@click.option("--domain", required=True, metavar="XML", help="The domain that is about to be defined.")
def command(vmi: str, domain: str) -> None:
    """Print the domain laid out by the policy in the annotation devaddr-xml/policy of the virtual machine instance.

    KubeVirt's sidecar calls this command as onDefineDomain, two or three times for each start. The layout is the
    same every time. A domain without a policy is printed as it is. Unknown options are ignored. Messages go to
    standard error. The exit code is 1 when the virtual machine must not start with this policy.

    Under topology="mirror" the command reads the facts of the node from sysfs in the sidecar's container. The
    environment variable DEVADDR_XML_SYSFS_ROOT names another folder that has sys and proc.

    An argument of a process has at most 131,071 bytes, so larger virtual machines do not work.
    """
    from devaddr_xml.integrations.kubevirt.hook import on_define_domain

    defined = on_define_domain(vmi, domain, _host_facts)
    for line in defined.log:
        tell(f"{PROGRAM}: {line}")
    deliver(defined.xml.encode(), None)


def _host_facts() -> HostFacts:
    """What the pod's sysfs says of the node, which it shows whole."""
    from devaddr_xml.probe.sysfs import probe_sysfs

    return probe_sysfs(os.environ.get(SYSFS_ROOT, "/"))


def main() -> NoReturn:
    """The program ``onDefineDomain``."""
    from devaddr_xml.cli.process import run

    run(["kubevirt", *sys.argv[1:]])
