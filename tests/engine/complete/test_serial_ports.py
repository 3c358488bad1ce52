"""Serial ports: target types, models and port numbers."""

from __future__ import annotations

import pytest
from recorded import Recorded

from devaddr_xml.model.device import Serial
from devaddr_xml.model.errors import AddressConflict, DevaddrError, Unsupported


@pytest.mark.parametrize(
    ("arch", "machine", "type", "model"),
    [
        ("x86_64", "pc", "isa-serial", "isa-serial"),
        ("aarch64", "virt", "system-serial", "pl011"),
        ("riscv64", "virt", "system-serial", "16550a"),
        ("loongarch64", "virt", "system-serial", "16550a"),
        ("ppc64", "pseries", "spapr-vio-serial", "spapr-vty"),
        ("s390x", "s390-ccw-virtio", "sclp-serial", "sclpconsole"),
        ("armv7l", "vexpress-a9", None, None),
        ("ppc64", "mac99", None, None),
    ],
)
@pytest.mark.parametrize("written", [None, "isa-serial"])
def test_default_target(
    complete, arch: str, machine: str, type: str | None, model: str | None, written: str | None
) -> None:
    (serial,) = complete(Serial(target_type=written), arch=arch, machine=machine).serials
    assert (serial.target_type, serial.model, serial.port) == (type, model, 0)


@pytest.mark.parametrize(
    ("serial", "model"),
    [
        (Serial(target_type="usb-serial"), "usb-serial"),
        (Serial(target_type="pci-serial"), "pci-serial"),
        (Serial(target_type="isa-debug"), "isa-debugcon"),
        (Serial(target_type="sclp-serial", model="sclplmconsole"), "sclplmconsole"),
        (Serial(target_type="system-serial"), None),
    ],
)
def test_model_of_a_target_type(complete, serial: Serial, model: str | None) -> None:
    assert complete(serial).serials[0].model == model


@pytest.mark.parametrize(
    ("written", "ports"),
    [
        ("- - -", [0, 1, 2]),
        ("isa:- isa:0 pci:- -", [1, 0, 2, 3]),
        ("isa:3 isa:- isa:1 isa:-", [3, 0, 1, 2]),
        ("- -:7 -", [8, 7, 9]),
        ("pci:2 -:2", [2, 2]),
        ("isa:2 -", [2, 3]),
    ],
)
def test_ports(complete, written: str, ports: list[int]) -> None:
    serials = []
    for word in written.split():
        type, _, port = word.rpartition(":")
        serials.append(Serial(target_type=f"{type}-serial" if type else None, port=None if port == "-" else int(port)))
    assert [serial.port for serial in complete(*serials).serials] == ports


def isa(port: int | None = None, line: int | None = None) -> Serial:
    return Serial(target_type="isa-serial", port=port, line=line)


@pytest.mark.parametrize(
    ("serials", "error", "line"),
    [
        ([isa(line=n) for n in range(1, 6)], Unsupported, 5),
        ([isa(4, line=1)], Unsupported, 1),
        ([isa(1, line=1), isa(1, line=2)], AddressConflict, 2),
    ],
)
def test_refused(complete, golden: Recorded, serials: list[Serial], error: type[DevaddrError], line: int) -> None:
    with pytest.raises(error) as caught:
        complete(*serials)
    assert caught.value.line == line
    golden(caught.value)


def test_debug_ports_are_for_x86(complete) -> None:
    with pytest.raises(Unsupported, match="ISA debug"):
        complete(Serial(target_type="isa-debug"), arch="aarch64", machine="virt")
