"""Writes fixtures/expected/ anew: what the package makes of every skeleton, and in hinted/ of every domain with hints.

To be read before it is committed. python tests/record_expected.py [NAME...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import devaddr_xml

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

#: Folders of documents, and where what is made of them is written down.
RECORDED = {"skeletons": "expected", "hinted": "expected/hinted"}


def main(names: list[str]) -> None:
    """Record the named documents, or all of them."""
    for given, made in RECORDED.items():
        record(FIXTURES / given, FIXTURES / made, names)


def record(given: Path, made: Path, names: list[str]) -> None:
    """Record the documents of one folder in another one."""
    made.mkdir(exist_ok=True)
    documents = sorted(given.glob("*.xml"))
    for document in documents:
        if names and document.stem not in names:
            continue
        result = devaddr_xml.assign(document.read_bytes()).xml.encode()
        target = made / document.name
        if not target.exists() or target.read_bytes() != result:
            target.write_bytes(result)
            print(target.relative_to(FIXTURES.parent))
    for orphan in {file.name for file in made.glob("*.xml")} - {file.name for file in documents}:
        print(f"{made.relative_to(FIXTURES)}/{orphan} is made of nothing in {given.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
