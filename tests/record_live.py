#!/usr/bin/env python3
"""Records what a live libvirt makes of every skeleton in fixtures/, and compares it with fixtures/expected/.

Only the known differences between versions of libvirt, of tests/live/known_differences.py, may remain; the exit code is
1 if others do. Run it where libvirt answers: python tests/record_live.py [--connect URI] [-o FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from live.adapt import adapted  # noqa: E402
from live.known_differences import KNOWN, NOT_YET_LAID_OUT, UNAVAILABLE, explanations, unexplained  # noqa: E402
from live.signature import difference  # noqa: E402

FIXTURES = ROOT / "fixtures"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--connect", default="qemu:///system", metavar="URI")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="where libvirt's results are written")
    arguments = parser.parse_args()
    import libvirt

    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    connection = libvirt.open(arguments.connect)
    print(f"libvirt {dotted(connection.getLibVersion())}, QEMU {dotted(connection.getVersion())}")
    seen: Counter[str] = Counter()
    wrong = 0
    for path in sorted((FIXTURES / "skeletons").glob("*.xml")):
        verdict, lines = compare(connection, path, arguments.output, seen)
        wrong += bool(lines)
        print(f"{path.stem}: {verdict}", *lines, sep="\n    ")
    print()
    for known in KNOWN:
        if seen[known.name]:
            print(f"{known.name} ({seen[known.name]}): {known.reason}")
    print(f"{wrong} with differences that are not known")
    return 1 if wrong else 0


def compare(connection: Any, path: Path, folder: Path | None, seen: Counter[str]) -> tuple[str, list[str]]:
    """The verdict on one skeleton, and the lines that nothing explains."""
    import libvirt

    refusals = UNAVAILABLE | NOT_YET_LAID_OUT
    try:
        made = defined(connection, adapted(path.read_text()))
    except libvirt.libvirtError as error:
        expected_refusal = path.stem in refusals and refusals[path.stem] in str(error)
        return f"refused: {error}", [] if expected_refusal else [str(error)]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / path.name).write_text(made)
    lines = difference(adapted((FIXTURES / "expected" / path.name).read_text()), made)
    names = explanations(lines)
    seen.update(names)
    return ("equal" if not lines else f"known differences: {', '.join(names) or 'none'}"), unexplained(lines)


def defined(connection: Any, xml: str) -> str:
    """What libvirt makes of the domain; it is undefined at once."""
    import libvirt

    domain = connection.defineXML(xml)
    try:
        return str(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    finally:
        domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)


def dotted(version: int) -> str:
    return f"{version // 1000000}.{version // 1000 % 1000}.{version % 1000}"


if __name__ == "__main__":
    sys.exit(main())
