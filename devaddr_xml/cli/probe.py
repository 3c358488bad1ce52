"""``devaddr-xml probe``: what a host's libvirt and QEMU can do, as a file for other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from devaddr_xml.cli.complete import machines
from devaddr_xml.cli.output import deliver

if TYPE_CHECKING:
    from devaddr_xml.probe.snapshot import Snapshot

DEFAULT_URI = "qemu:///system"

EXAMPLES = """\b
Examples:
  devaddr-xml probe -o host.json
  devaddr-xml probe --connect qemu+ssh://host/system --arch aarch64 -o host.json
  devaddr-xml probe --qemu /usr/bin/qemu-system-x86_64 -o qemu.json
  devaddr-xml probe --sysfs -o host.json
  devaddr-xml probe --sysfs sosreport-node7.tar.xz -o node7.json
  devaddr-xml assign --capabilities host.json --host host.json guest.xml
"""


@click.command("probe", epilog=EXAMPLES)
@click.option(
    "--connect", "uri", metavar="URI", help=f"The libvirt to ask. Default: {DEFAULT_URI}, unless --qemu is given."
)
@click.option("--arch", metavar="ARCH", help="The architecture of the guests. Default: the host's own.")
@click.option(
    "--machine", metavar="NAME", shell_complete=machines, help="The machine of the guests. Default: libvirt's default."
)
@click.option("--qemu", "emulator", metavar="PATH", help="The QEMU binary to ask over QMP.")
@click.option(
    "--sysfs",
    "root",
    metavar="[ROOT]",
    is_flag=False,
    flag_value="/",
    type=click.Path(),
    help="Read the host's PCI tree from sysfs: this host's, or a copy below ROOT, a folder or a tar archive.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="The time within which libvirt, and QEMU, must answer.",
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(allow_dash=True), help="Write the result to FILE.")
def command(
    uri: str | None,
    arch: str | None,
    machine: str | None,
    emulator: str | None,
    root: str | None,
    timeout: float,
    output: str | None,
) -> None:
    """Ask a libvirt or a QEMU what it can do, and write the answer as JSON.

    The answer has the abilities of QEMU, the machine aliases, the version of libvirt, and facts about the host's PCI
    devices. With --capabilities and --host, other commands use it on any machine. With --sysfs it has host facts only:
    the whole PCI tree, BARs and virtual functions. That needs neither libvirt nor privileges.
    """
    if root is not None:
        deliver(_host(root, {"--connect": uri, "--qemu": emulator, "--arch": arch, "--machine": machine}), output)
        return
    deliver(_snapshot(uri, arch, machine, emulator, timeout).to_json().encode(), output)


def _host(root: str, others: dict[str, str | None]) -> bytes:
    """Host facts from sysfs, which goes together with no other source."""
    from devaddr_xml.probe.snapshot import readable
    from devaddr_xml.probe.sysfs import probe_sysfs

    if other := next((name for name, value in others.items() if value is not None), None):
        raise click.UsageError(f"--sysfs reads host facts only, and {other} asks libvirt or QEMU; run probe twice")
    return readable(probe_sysfs(root)).encode()


def _snapshot(uri: str | None, arch: str | None, machine: str | None, emulator: str | None, timeout: float) -> Snapshot:
    """What libvirt says, with QEMU's own word on its abilities where a binary is named."""
    from devaddr_xml.probe.snapshot import Snapshot

    if emulator is None:
        from devaddr_xml.probe.libvirt import probe_host

        return Snapshot.of(probe_host(uri or DEFAULT_URI, arch, machine, None, timeout))
    from devaddr_xml.probe.qemu import probe_qemu

    own = probe_qemu(emulator, timeout)
    if uri is None:
        return Snapshot(capabilities=own)
    from devaddr_xml.probe.libvirt import probe_host

    return Snapshot.of(probe_host(uri, arch or own.arch, machine, emulator, timeout)).with_flags_of(own)
