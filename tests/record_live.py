#!/usr/bin/env python3
"""Records what a real libvirt makes of generated domains, and compares such records with what we make of them.

    record_live.py record [--root TREE] [--seeds FIRST:LAST] [--keep FOLDER] FILE    FILE ends in .jsonl.gz
    record_live.py compare FILE...                                                  1 where anything differs

Without a TREE the libvirt of this machine is asked, in a process of its own and without a daemon. A TREE is a root file
system as debootstrap makes it, with libvirt, QEMU and python3-libvirt; entering it needs root. Half of the domains are
of common devices (live/generate.py), half of rare ones (live/generate_rare.py). libvirt asks every QEMU about its
abilities first, which takes a minute; in the folder of --keep it finds the answers again.
The sets of tests/conformance/own are made this way with seeds 0:150, and hold what `parity` can compare.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

from live.generate import generate  # noqa: E402
from live.generate_rare import generate_rare  # noqa: E402
from live.signature import difference  # noqa: E402

from devaddr_xml import DevaddrError, assign, known_capabilities  # noqa: E402

#: Refusals of libvirt that have nothing to do with devices and their places.
OTHER_REASONS = re.compile(
    "requires UEFI|greater than specified machine type limit|shared memory|split I/O APIC|without spice graphics"
    "|Cannot check QEMU binary|Emulator '.*' does not support arch"
)

Case = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record")
    recording.add_argument("--root", type=Path)
    recording.add_argument("--seeds", default="0:150")
    recording.add_argument("--keep", default="")
    recording.add_argument("file", type=Path)
    commands.add_parser("compare").add_argument("files", type=Path, nargs="+")
    args = parser.parse_args()
    if args.command == "record":
        first, last = map(int, args.seeds.split(":"))
        save(args.file, record(list(domains(range(first, last))), args.root, args.keep))
        return 0
    return compare(args.files)


def domains(seeds: range) -> Iterator[Case]:
    """A common and a rare domain for each seed."""
    for seed in seeds:
        xml = generate(seed)
        architecture = re.search("arch='([^']+)", xml)
        yield {"id": f"common-{seed}", "arch": architecture[1] if architecture else "", "in": xml}
        arch, xml = generate_rare(seed)
        yield {"id": f"rare-{seed}", "arch": arch, "in": xml}


def record(cases: list[Case], root: Path | None, keep: str = "") -> list[Case]:
    """The cases with what libvirt made of them, but for those that it refuses for other reasons."""
    enter = [str(TESTS / "live" / "enter"), str(root)] if root is not None else []
    source = (TESTS / "live" / "define_many.py").read_text()
    done = subprocess.run(
        [*enter, "/usr/bin/python3", "-c", source, *([keep] if keep else [])],
        input="".join(json.dumps(case) + "\n" for case in cases),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [case for case in found if not OTHER_REASONS.search(case.get("why", ""))]


def save(path: Path, cases: list[Case]) -> None:
    """Write cases, equal ones to equal bytes."""
    lines = "".join(json.dumps(case, sort_keys=True) + "\n" for case in cases)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))


def load(path: Path) -> list[Case]:
    """The cases of a file."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def parity(case: Case) -> list[str]:
    """Where our result and libvirt's differ; nothing where they agree, which may be a refusal."""
    capabilities = known_capabilities(case["arch"], libvirt=case["libvirt"], qemu=case["qemu"])
    try:
        ours = assign(case["in"], capabilities=capabilities).xml
    except DevaddrError as error:
        return [] if case["expect"] == "refuse" else [f"only we refuse: {error}"]
    if case["expect"] == "refuse":
        return [f"only libvirt refuses: {case['why']}"]
    return difference(case["want"], ours)


def compare(paths: list[Path]) -> int:
    """Print every difference, and how often each kind of difference is there."""
    kinds: Counter[str] = Counter()
    for path in paths:
        cases = load(path)
        wrong = {case["id"]: lines for case in cases if (lines := parity(case))}
        for name, lines in wrong.items():
            print(f"{path.name} {name}", *lines, sep="\n    ")
            kinds[re.sub(r"0x[0-9a-f]+|\d+", "N", lines[0])] += 1
        print(f"{path.name}: {len(cases) - len(wrong)} of {len(cases)} equal")
    for kind, count in kinds.most_common():
        print(f"{count:4} {kind}")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
