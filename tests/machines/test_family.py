"""Machine types and the families that they belong to."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devaddr_xml.machines.family import FILES, Choice, every_row, first_possible, machine_of
from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.rules.libvirt import rules_of

FAMILIES = [
    ("x86_64", "pc", "i440fx"),
    ("x86_64", "pc-i440fx-10.0", "i440fx"),
    ("i686", "pc-1.3", "i440fx"),
    ("x86_64", "pc-0.15", "i440fx"),
    ("x86_64", "rhel6.6.0", "i440fx"),
    ("x86_64", "q35", "q35"),
    ("i686", "pc-q35-9.1", "q35"),
    ("x86_64", "pc-q35-rhel9.4.0", "q35"),
    ("x86_64", "q35-odd", "other"),
    ("x86_64", "pc-2.0", "other"),
    ("x86_64", "PC", "other"),
    ("x86_64", "xenfv", "xenfv"),
    ("x86_64", "xenfv-4.2", "xenfv"),
    ("x86_64", "isapc", "isapc"),
    ("x86_64", "microvm", "microvm"),
    ("x86_64", "none", "other"),
    ("aarch64", "virt", "arm-virt"),
    ("armv7l", "virt-9.0", "arm-virt"),
    ("armv6l", "virt", "arm-virt"),
    ("armv7b", "virt", "other"),
    ("aarch64", "virtual", "other"),
    ("armv7l", "versatilepb", "versatilepb"),
    ("aarch64", "realview-eb", "realview"),
    ("armv7l", "vexpress-a15", "other"),
    ("riscv64", "virt", "riscv-virt"),
    ("riscv32", "virt-9.0", "riscv-virt"),
    ("riscv64", "spike", "other"),
    ("loongarch64", "virt", "loongarch-virt"),
    ("loongarch64", "none", "other"),
    ("ppc64", "pseries-7.1", "pseries"),
    ("ppc64le", "pseries", "pseries"),
    ("ppc64", "powernv9", "other"),
    ("ppc", "pseries", "other"),
    ("s390x", "s390-ccw-virtio-9.0", "s390-ccw"),
    ("s390", "s390-ccw", "s390-ccw"),
    ("mips", "malta", "malta"),
    ("mips64el", "magnum", "other"),
    ("x86_64", "virt", "other"),
    ("vax", "anything", "other"),
]

ROOTS = [
    ("x86_64", "pc", "pci-root"),
    ("x86_64", "q35", "pcie-root"),
    ("x86_64", "microvm", None),
    ("x86_64", "isapc", None),
    ("x86_64", "xenfv", None),
    ("aarch64", "virt", "pcie-root"),
    ("aarch64", "versatilepb", "pci-root"),
    ("aarch64", "realview-pb-a8", None),
    ("ppc64", "pseries", "pci-root"),
    ("ppc64", "mac99", "pci-root"),
    ("ppc", "g3beige", "pci-root"),
    ("alpha", "clipper", "pci-root"),
    ("sh4", "r2d", "pci-root"),
    ("sparc64", "sun4u", "pci-root"),
    ("sparc", "SS-5", None),
    ("riscv64", "virt", "pcie-root"),
    ("riscv64", "spike", None),
    ("mipsel", "malta", "pci-root"),
    ("mipsel", "mipssim", None),
    ("loongarch64", "any", "pcie-root"),
    ("m68k", "q800", None),
]


@pytest.mark.parametrize(("arch", "name", "family"), FAMILIES)
def test_family(arch: str, name: str, family: str) -> None:
    machine = machine_of(arch, name)
    assert (machine.arch, machine.name, machine.family) == (arch, name, family)


@pytest.mark.parametrize(("arch", "name", "root"), ROOTS)
def test_pci_root(arch: str, name: str, root: str | None) -> None:
    assert (
        machine_of(arch, name).implied_pci_root(Capabilities(arch=arch, flags=frozenset()), rules_of((11, 3, 0)))
        == root
    )


@pytest.mark.parametrize(("flags", "root"), [(("zpci",), "pci-root"), ((), None)])
def test_s390_has_pci_where_qemu_has_zpci(flags: tuple[str, ...], root: str | None) -> None:
    caps = Capabilities(arch="s390x", flags=frozenset(flags))
    assert machine_of("s390x", "s390-ccw-virtio").implied_pci_root(caps, rules_of((11, 3, 0))) == root


@pytest.mark.parametrize(
    ("arch", "name", "supported"),
    [
        ("armv7l", "virt", True),
        ("armv7b", "virt", False),
        ("armv7b", "versatilepb", True),
        ("armv7l", "realview-eb", False),
        ("riscv64", "sifive_u", False),
        ("x86_64", "isapc", True),
        ("sparc", "SS-5", True),
    ],
)
def test_machines_with_pci_addresses(arch: str, name: str, supported: bool) -> None:
    assert machine_of(arch, name).supports_pci is supported


@pytest.mark.parametrize(
    ("arch", "name", "ide", "esp"),
    [
        ("x86_64", "pc", True, False),
        ("x86_64", "q35", False, False),
        ("ppc", "g3beige", True, False),
        ("sparc64", "sun4u", True, False),
        ("mips", "malta", True, False),
        ("sparc", "SS-20", False, True),
        ("mips64", "pica61", False, True),
        ("mips", "pica61", False, False),
        ("m68k", "q800", False, True),
        ("m68k", "virt", False, False),
    ],
)
def test_built_in_disk_controllers(arch: str, name: str, ide: bool, esp: bool) -> None:
    machine = machine_of(arch, name)
    assert (machine.builtin_ide, machine.builtin_esp) == (ide, esp)


def test_choices_depend_on_qemu_and_libvirt() -> None:
    choices = (Choice("new", "able", when="chipset_watchdog"), Choice("old"))
    able = frozenset(("able",))
    assert first_possible(choices, Capabilities(arch="x86_64", flags=able), rules_of((9, 1, 0))) == "new"
    assert first_possible(choices, Capabilities(arch="x86_64", flags=frozenset()), rules_of((9, 1, 0))) == "old"
    assert first_possible(choices, Capabilities(arch="x86_64", flags=able), rules_of((9, 0, 0))) == "old"
    assert first_possible((), Capabilities(arch="x86_64", flags=able), rules_of((9, 0, 0))) is None


def test_the_rows_of_an_architecture_are_in_one_file() -> None:
    """Else `rows_of`, which imports no more files than it must, would miss some."""
    owners: dict[str, set[str]] = {}
    for file in FILES:
        for row in import_module(f"devaddr_xml.machines.{file}").ROWS:
            for arch in row.architectures:
                owners.setdefault(arch, set()).add(file)
    assert {arch: files for arch, files in owners.items() if len(files) > 1} == {}


@given(st.sampled_from([*every_row(), "vax"]), st.text())
def test_any_pair_of_words_is_a_machine(arch: str, name: str) -> None:
    machine = machine_of(arch, name)
    assert (machine.arch, machine.name) == (arch, name)
    assert machine.supports_pci or machine.pci_root is None


def test_every_architecture_ends_with_a_row_for_all_other_machines() -> None:
    partial = {arch for arch, rows in every_row().items() if not rows[-1].fits("no such machine")}
    assert partial == {"m68k"}
