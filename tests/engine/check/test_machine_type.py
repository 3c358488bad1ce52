"""Machine types that QEMU does not have, has no longer, or has under a distribution's name."""

from __future__ import annotations

import pytest

from devaddr_xml import DevaddrError, Guest, known_capabilities, plan


@pytest.mark.parametrize(
    ("arch", "machine", "qemu", "message"),
    [
        ("x86_64", "q36", "10.0.0", "QEMU 10.0.0 has no machine q36 (x86_64)"),
        ("x86_64", "pc-q35-nonsense", "10.0.0", "has no machine"),
        ("x86_64", "pc-q35-10.0", "7.2.0", "machine pc-q35-10.0 is newer than QEMU 7.2.0"),
        ("x86_64", "pc-q35-9.1", "9.0.0", "machine pc-q35-9.1 is newer than QEMU 9.0.0"),
        ("x86_64", "pc-i440fx-99.0", "11.1.3", "is newer than QEMU"),
        ("aarch64", "q35", "10.0.0", "has no machine q35"),
        ("s390x", "pseries", "10.0.0", "has no machine pseries"),
        ("x86_64", "pc-i440fx-2.3", "10.0.13", "QEMU 10.0.13 no longer has machine pc-i440fx-2.3"),
        ("x86_64", "pc-1.0", "11.1.3", "no longer has machine"),
        ("ppc64", "pseries-2.7", "11.1.3", "no longer has machine"),
    ],
)
def test_refused(arch: str, machine: str, qemu: str, message: str) -> None:
    with pytest.raises(DevaddrError) as caught:
        plan(Guest(arch=arch, machine=machine), capabilities=known_capabilities(arch, qemu=qemu))
    assert message in str(caught.value)
    assert (caught.value.remedy or "").startswith(("Use machine ", "Did you mean '"))
    assert caught.value.about == "os/type"


@pytest.mark.parametrize(
    ("machine", "qemu", "warnings"),
    [
        ("q35", "7.2.0", 0),
        ("pc-q35-9.0", "9.1.0", 0),
        ("pc-q35-10.0", "10.0.0", 0),
        ("pc-i440fx-2.3", "10.0.0", 1),
        ("pc-1.0", "10.0.0", 0),
        ("pc-q35-rhel9.6.0", "9.1.0", 0),
        ("pc-i440fx-noble-v2", "8.2.0", 0),
        ("rhel6.6.0", "10.0.0", 0),
    ],
)
def test_taken(machine: str, qemu: str, warnings: int) -> None:
    found = plan(Guest(arch="x86_64", machine=machine), capabilities=known_capabilities("x86_64", qemu=qemu))
    assert [notice for notice in found.warnings if "no longer has machine" in notice.message] == [
        notice for notice in found.warnings if machine in notice.message
    ]
    assert len([notice for notice in found.warnings if machine in notice.message]) == warnings


def test_without_a_list_of_machines_everything_is_taken() -> None:
    known = known_capabilities("x86_64")
    unlisted = type(known)(arch=known.arch, flags=known.flags)
    assert plan(Guest(arch="x86_64", machine="pc-q35-one-day"), capabilities=unlisted).added
