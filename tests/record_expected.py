"""Writes fixtures/expected/ anew: what the package makes of every skeleton. To be read before it is committed.

python tests/record_expected.py [NAME...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import devaddr_xml

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def main(names: list[str]) -> None:
    """Record the named skeletons, or all of them."""
    expected = FIXTURES / "expected"
    expected.mkdir(exist_ok=True)
    skeletons = sorted((FIXTURES / "skeletons").glob("*.xml"))
    for skeleton in skeletons:
        if names and skeleton.stem not in names:
            continue
        result = devaddr_xml.assign(skeleton.read_bytes()).xml.encode()
        target = expected / skeleton.name
        if not target.exists() or target.read_bytes() != result:
            target.write_bytes(result)
            print(target.relative_to(FIXTURES.parent))
    for orphan in {file.name for file in expected.glob("*.xml")} - {file.name for file in skeletons}:
        print(f"{expected.name}/{orphan} has no skeleton")


if __name__ == "__main__":
    main(sys.argv[1:])
