"""Where assign spends its calls as a guest grows: writes ``benchmarks/profile.txt`` anew.

Counts of calls, not times: they do not depend on the machine, so a change of the file is a change of the code. The
last column says how much faster than the guest a function's calls grow; a quadratic step would show as 2 and more.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
from pathlib import Path

from guests import virtio_disks
from measure import REPOSITORY

if __name__ == "__main__":  # and not in tests, which may be those of an installed package
    sys.path.insert(0, str(REPOSITORY))

import devaddr_xml

#: Two guests so large that devices share slots, one twice as large as the other.
SIZES = (500, 1000)
SHOWN = 45
PACKAGE = Path(devaddr_xml.__file__).parent
OUTPUT = Path(__file__).with_name("profile.txt")

Counts = dict[str, int]


def calls(count: int) -> Counts:
    """How often each function is called to assign a guest of that many disks."""
    xml, policy = virtio_disks(count), devaddr_xml.Policy(overflow="pack")
    devaddr_xml.assign(xml, policy=policy)
    profiler = cProfile.Profile()
    profiler.runcall(devaddr_xml.assign, xml, policy=policy)
    counts: Counts = {}
    for (file, _, name), (_, number, *_) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        where = name
        if Path(file).is_relative_to(PACKAGE):
            where = f"{Path(file).relative_to(PACKAGE)}: {name}"
        elif not file.startswith("~"):
            where = f"({Path(file).name}): {name}"
        where = where.partition(" at 0x")[0]
        counts[where] = counts.get(where, 0) + number
    return counts


def report(small: Counts, large: Counts) -> str:
    """The table of the functions that are called most, and how their calls grow."""
    factor = SIZES[1] / SIZES[0]
    lines = [f"{f'{SIZES[0]} disks':>11}{f'{SIZES[1]} disks':>12}{'growth':>9}  function"]
    for name, number in sorted(large.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]:
        growth = number / small.get(name, 1) / factor
        lines.append(f"{small.get(name, 0):>11}{number:>12}{growth:>9.2f}  {name}")
    total = sum(large.values()) / sum(small.values()) / factor
    lines.append(f"{sum(small.values()):>11}{sum(large.values()):>12}{total:>9.2f}  all")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(report(*map(calls, SIZES)))
    print(OUTPUT)
