"""How long assign takes as a guest grows: ``pytest --benchmark-enable tests/benchmarks``; else it only runs."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import devaddr_xml

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def target(number: int) -> str:
    """The name of a disk by its number: vda, vdb ... vdz, vdaa ..."""
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = LETTERS[letter] + name
    return f"vd{name}"


def virtio_disks(count: int) -> str:
    """A q35 guest with that many virtio disks."""
    disks = "".join(
        f"""    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/srv/{number}.qcow2'/>
      <target dev='{target(number)}' bus='virtio'/>
    </disk>
"""
        for number in range(count)
    )
    return f"""<domain type='kvm'>
  <name>many-disks</name>
  <memory unit='GiB'>4</memory>
  <vcpu>4</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <devices>
{disks}  </devices>
</domain>
"""


@pytest.mark.parametrize("count", [10, 20, 50, 100, 200])
def test_virtio_disks(benchmark: BenchmarkFixture, count: int) -> None:
    assignment = benchmark(devaddr_xml.assign, virtio_disks(count))
    assert sum(device.kind == "disk" and device.address is not None for device in assignment.guest.devices) == count


def test_a_complete_guest(benchmark: BenchmarkFixture) -> None:
    complete = devaddr_xml.assign(virtio_disks(200)).xml
    assert benchmark(devaddr_xml.assign, complete).xml == complete
