"""Asks real QEMU binaries what they can do, and writes the embedded capability tables from their answers.

    record_capabilities.py ask [--root TREE] ANSWERS      ask every qemu-system-* below TREE; ANSWERS is a folder
    record_capabilities.py write ANSWERS...               make devaddr_xml/probe/data of one or more such folders

A TREE is a root file system, as debootstrap makes it; asking in one needs root. No machine is started. The answers stay
on disk, so that an ability that is added to `devaddr_xml.probe.qemu_types` needs no second question.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from devaddr_xml.probe.qemu import abilities
from devaddr_xml.probe.qemu_types import ARCHITECTURE_OF_TARGET, PREFERRED_MACHINES
from devaddr_xml.probe.releases import Release, packed

DATA = Path(__file__).resolve().parents[1] / "devaddr_xml" / "probe" / "data"

#: libvirt's architectures that a binary serves besides the one that it is named after.
SIBLINGS = {"arm": ("armv6l", "armv7b"), "ppc64": ("ppc64le",)}

#: Targets of QEMU that libvirt does not know, or not by this name.
UNKNOWN = frozenset(("avr", "cris", "hexagon", "hppa", "nios2", "or1k", "rx", "tricore"))

#: Types whose properties matter; some other types end a QEMU that has no machine.
ASKED = re.compile(
    "(?!.*-gl)(virtio|vhost|scsi|usb|vfio|pci|pcie|nvme|ide|isa|tpm|intel|amd|ivshmem|nvdimm|pc-dimm|pxb|spapr|smmu)[-a-z0-9]*"
    "|PIIX4_PM|ICH9-LPC|arm-smmuv3|acpi-generic-initiator|pvpanic.*|x3130-upstream|xio3130-downstream|ramfb|qxl.*|VGA"
)

Answers = dict[str, Any]


class Monitor:
    """A QEMU without a machine, asked over QMP on its standard input and output."""

    def __init__(self, command: list[str]) -> None:
        options = ["-S", "-no-user-config", "-nodefaults", "-display", "none", "-machine", "none", "-qmp", "stdio"]
        self._process = subprocess.Popen(
            [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """The answer to a command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"execute": command, "arguments": arguments}), file=self._process.stdin, flush=True)
        for line in self._process.stdout:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise LookupError(answer["error"]["desc"])
        raise EOFError(f"{self._process.args} has ended")

    def close(self) -> None:
        """End QEMU."""
        self._process.kill()
        self._process.communicate()


def ask(command: list[str]) -> Answers:
    """Everything that a QEMU binary says of its types, their properties and its machines."""
    monitor = Monitor(command)
    try:
        machines = monitor.execute("query-machines")
        types = [item["name"] for item in monitor.execute("qom-list-types", abstract=False)]
        return {
            "query-target": monitor.execute("query-target"),
            "query-version": monitor.execute("query-version"),
            "query-machines": machines,
            "qom-list-types": types,
            "properties": dict(_properties(monitor, types, machines)),
        }
    finally:
        monitor.close()


def _properties(monitor: Monitor, types: list[str], machines: list[Answers]) -> Iterator[tuple[str, list[str]]]:
    devices = {item["name"] for item in monitor.execute("qom-list-types", implements="device", abstract=False)}
    for name in sorted(filter(ASKED.fullmatch, devices & set(types))):
        listed = monitor.execute("device-list-properties", typename=name)
        yield name, sorted(item["name"] for item in listed)
    for machine in filter(lambda machine: "alias" in machine, machines):
        name = f"{machine['name']}-machine"
        yield name, sorted(item["name"] for item in monitor.execute("qom-list-properties", typename=name))


class Replay:
    """Answers as if it were the QMP client of the QEMU that was asked."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def execute(self, command: str, arguments: Answers | None = None) -> Any:
        """What QEMU answered."""
        if arguments is not None and "typename" in arguments:
            return [{"name": name} for name in self._answers["properties"][arguments["typename"]]]
        answer = self._answers[command]
        return [{"name": name} for name in answer] if command == "qom-list-types" else answer


def write(folders: list[Path]) -> None:
    """The tables of every architecture that one of the folders has answers of."""
    tables: dict[str, list[Release]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.json.gz")):
            target = path.name.partition(".")[0]
            if target in UNKNOWN:
                continue
            answers = json.loads(gzip.decompress(path.read_bytes()))
            release = asyncio.run(abilities(Replay(answers)))
            for arch in (ARCHITECTURE_OF_TARGET.get(target, target), *SIBLINGS.get(target, ())):
                preferred = PREFERRED_MACHINES.get(arch, release.default_machine)
                sibling = msgspec.structs.replace(release, arch=arch, default_machine=preferred)
                tables.setdefault(arch, []).append(sibling)
    for arch, releases in sorted(tables.items()):
        (DATA / f"{arch}.json").write_bytes(packed(sorted(releases, key=lambda release: release.qemu_version)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    asking = commands.add_parser("ask")
    asking.add_argument("--root", type=Path)
    asking.add_argument("answers", type=Path)
    commands.add_parser("write").add_argument("answers", type=Path, nargs="+")
    args = parser.parse_args()
    if args.command == "write":
        write(args.answers)
        return
    args.answers.mkdir(parents=True, exist_ok=True)
    enter = ["chroot", str(args.root)] if args.root else []
    for binary in sorted((args.root or Path("/")).glob("usr/bin/qemu-system-*")):
        if binary.is_symlink() or "microvm" in binary.name:
            continue
        target = binary.name.removeprefix("qemu-system-")
        answers = ask([*enter, f"/usr/bin/{binary.name}"])
        (args.answers / f"{target}.json.gz").write_bytes(gzip.compress(json.dumps(answers).encode(), mtime=0))


if __name__ == "__main__":
    main()
