"""What libvirt's releases answer: a row for each change, from 9.0.0 on."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from devaddr_xml.rules.questions import Rules

Version = tuple[int, int, int]

#: The oldest and the newest libvirt whose behaviour the rows describe.
OLDEST: Version = (9, 0, 0)


class Row(NamedTuple):
    """One change of libvirt: since when a question has another answer, and why, or where that is known from."""

    since: Version
    question: str
    answer: Any
    why: str


#: By release, oldest first.
ROWS: tuple[Row, ...] = (
    Row((9, 1, 0), "chipset_watchdog", True, "news of 9.1.0"),
    Row((9, 1, 0), "several_watchdogs", True, "9.1.0 gives q35 an implied itco watchdog beside the guest's own"),
    Row((10, 7, 0), "x86_has_ps2", False, "10.7.0 has the ps2 feature, and asks the machine"),
    Row((10, 10, 0), "iommu_for_many_vcpus", True, "news of 10.10.0"),
)


@lru_cache(maxsize=64)
def rules_of(version: Version) -> Rules:
    """The answers of a release of libvirt: of each question the newest row that is not newer than ``version``."""
    answers = {row.question: row.answer for row in ROWS if row.since <= version}
    return msgspec.structs.replace(Rules(), **answers)
