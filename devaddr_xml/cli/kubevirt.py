"""``devaddr-xml kubevirt``: answer KubeVirt's onDefineDomain hook."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from devaddr_xml.cli.messages import PROGRAM, tell
from devaddr_xml.cli.output import deliver

EXAMPLES = """\b
Examples:
  devaddr-xml kubevirt --vmi "$(kubectl get vmi database -o json)" --domain "$(cat domain.xml)"
"""


@click.command("kubevirt", epilog=EXAMPLES, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.option("--vmi", required=True, metavar="JSON", help="The virtual machine instance.")
@click.option("--domain", required=True, metavar="XML", help="The domain that is about to be defined.")
def command(vmi: str, domain: str) -> None:
    """Print the domain laid out by the policy in the annotation devaddr-xml/policy of the virtual machine instance.

    KubeVirt's sidecar calls this as onDefineDomain, two or three times for each start; every time the layout is that of
    the first. A domain without a policy is printed as it is. Options that are not known are ignored. Messages go to
    standard error; the exit code is 1 when the virtual machine must not start with this policy.

    No argument of a process may be longer than 131,071 bytes, so larger virtual machines cannot be passed.
    """
    from devaddr_xml.integrations.kubevirt.hook import on_define_domain

    defined = on_define_domain(vmi, domain)
    for line in defined.log:
        tell(f"{PROGRAM}: {line}")
    deliver(defined.xml.encode(), None)


def main() -> NoReturn:
    """The program ``onDefineDomain``."""
    from devaddr_xml.cli.process import run

    run(["kubevirt", *sys.argv[1:]])
