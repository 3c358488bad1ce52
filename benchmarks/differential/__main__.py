"""Mutated documents before a real libvirt and before us: ``python -m differential [--tree DIR]``.

Prints how often both take a document with the same layout, how often only one refuses it, and the most frequent reasons
of libvirt for what it refuses alone, by the sort of its message. For machines that may be changed: it needs root.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from live.signature import signature

from devaddr_xml import DevaddrError, assign, known_capabilities
from differential.documents import mutated

SERVER = Path(__file__).with_name("serve.py")

#: Runs the Python of a folder with another Debian in it, as if the folder were the whole machine.
INSIDE = """
mount --make-rprivate / && mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
mount -t tmpfs tmpfs "$0/tmp" && mkdir "$0/tmp/old" && cd "$0" && pivot_root . tmp/old && umount -l /tmp/old && cd / &&
exec /usr/bin/python3 -c "$1" /tmp/libvirt
"""
#: The QEMU of each Debian that has the libvirt.
QEMU = {9: "7.2.0", 11: "10.0.0", 12: "11.1.3"}
#: A MAC address that libvirt makes up.
MADE_UP = re.compile(r"^interface 52:54:00:(?!6d:90:)[0-9a-f:]{8} ")


#: What libvirt writes where the document leaves it to its default.
STATED_BY_DEFAULT = re.compile(r" (target/)?@(type|bus|port)=\S+")


class Answers(NamedTuple):
    """The version of a libvirt, and what it said of each document: its layout, or why it refuses it."""

    version: int
    documents: list[dict[str, str]]


def asked(documents: list[str], tree: str | None) -> Answers:
    """What libvirt makes of the documents; one at which it dies is refused, and the next one asks another process."""
    found: list[dict[str, str]] = []
    version = 0
    with tempfile.TemporaryDirectory() as root:
        own = ["/usr/bin/python3", str(SERVER), root]
        command = own if tree is None else ["unshare", "--mount", "bash", "-c", INSIDE, tree, SERVER.read_text()]
        while len(found) < len(documents):
            given = "\n".join(map(json.dumps, documents[len(found) :]))
            done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
            first, *rest = [json.loads(line) for line in done.stdout.splitlines()] or [None]
            if first is None:
                raise SystemExit(done.stderr)
            version = first["version"]
            found += rest
            if len(found) < len(documents):
                found.append({"error": "libvirt died of it"})
    return Answers(version, found)


def layout(xml: str) -> Counter[str]:
    """The devices of a domain and their places, without MAC addresses that libvirt made up."""
    return Counter(
        STATED_BY_DEFAULT.sub("", MADE_UP.sub("interface ", " ".join(device))) for device in signature(xml).elements()
    )


def compared(documents: list[str], answers: Answers) -> Iterator[tuple[str, str]]:
    """For each document the outcome, and the reason of the side that refuses alone."""
    major, minor = answers.version // 1_000_000, answers.version // 1_000 % 1_000
    for document, answer in zip(documents, answers.documents, strict=True):
        arch = re.search(r"arch=.([a-z0-9_]+)", document)
        capabilities = known_capabilities(
            arch[1] if arch else "x86_64", libvirt=f"{major}.{minor}.0", qemu=QEMU.get(major)
        )
        try:
            ours: Any = assign(document, capabilities=capabilities).xml
            reason = ""
        except DevaddrError as error:
            ours, reason = None, str(error)
        if ours is None and "error" in answer:
            yield "both refuse", ""
        elif ours is None:
            yield "only we refuse", reason
        elif "error" in answer:
            yield "only libvirt refuses", answer["error"]
        else:
            yield ("same layout" if layout(ours) == layout(answer["xml"]) else "another layout"), ""


def main() -> None:
    """Ask both sides, and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="documents")
    parser.add_argument("--seed", type=int, default=0, help="of the first document")
    parser.add_argument("--tree", help="folder with another Debian in it, whose libvirt is asked")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    documents = [mutated(seed) for seed in range(given.seed, given.seed + given.count)]
    outcomes: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for outcome, reason in compared(documents, asked(documents, given.tree)):
        outcomes[outcome] += 1
        if reason:
            reasons[outcome, re.sub(r"\d+", "N", re.sub(r"'[^']*'", "'…'", reason))] += 1
    for outcome, count in outcomes.most_common():
        print(f"{count:6} {outcome}")
    for (outcome, reason), count in reasons.most_common(60):
        print(f"{count:6} {outcome}: {reason[:150]}")


if __name__ == "__main__":
    main()
