"""What QEMU, firmware and the guest carry: memory by version, memory sections, interrupts."""

from __future__ import annotations

import pytest

from devaddr_xml import Guest, Policy, plan
from devaddr_xml.engine.check.qemu_limits import MOST_WITH_INTERRUPTS, fewest_worth_saying, memory_kilobytes
from devaddr_xml.model.device import Disk
from devaddr_xml.probe.embedded import capabilities_for

OLD, NEW = (7, 2, 0), (10, 0, 0)


@pytest.mark.parametrize(
    ("count", "version", "gigabytes"), [(500, NEW, 19), (500, None, 19), (400, OLD, 0.4), (0, NEW, 0)]
)
def test_memory_by_version(count: int, version: tuple[int, int, int] | None, gigabytes: float) -> None:
    assert memory_kilobytes(count, version) / 1e6 == pytest.approx(gigabytes, abs=0.3)


@pytest.mark.parametrize("version", [OLD, NEW, None])
def test_the_threshold_is_where_the_memory_gets_worth_saying(version: tuple[int, int, int] | None) -> None:
    least = fewest_worth_saying(version)
    assert memory_kilobytes(least, version) <= 1 << 20 < memory_kilobytes(least + 1, version)


@pytest.mark.parametrize(
    ("disks", "qemu", "warnings"),
    [
        (110, NEW, []),
        (130, NEW, ["GiB"]),
        (130, OLD, []),
        (MOST_WITH_INTERRUPTS + 10, OLD, ["MSI-X"]),
        (MOST_WITH_INTERRUPTS + 10, NEW, ["GiB", "MSI-X"]),
    ],
)
def test_the_warning_about_many_disks(disks: int, qemu: tuple[int, int, int], warnings: list[str]) -> None:
    guest = Guest(arch="x86_64", machine="q35", devices=[Disk(target=f"vd{_letters(n)}") for n in range(disks)])
    capabilities = capabilities_for("x86_64", (11, 3, 0), qemu)
    found = plan(guest, policy=Policy(overflow="pack"), capabilities=capabilities).warnings
    assert [next(word for word in ("GiB", "MSI-X") if word in each.message) for each in found] == warnings


def _letters(number: int) -> str:
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("a") + number % 26)
