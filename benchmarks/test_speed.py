"""How long assign takes as a guest grows, beside lxml: ``pytest --benchmark-enable benchmarks``; else it only runs."""

from __future__ import annotations

import pytest
from guests import virtio_disks
from lxml import etree
from pytest_benchmark.fixture import BenchmarkFixture

import devaddr_xml

#: Puts all that is measured with guests of one size into one table.
each_size = pytest.mark.parametrize(
    "count", [pytest.param(n, marks=pytest.mark.benchmark(group=f"{n} disks")) for n in (10, 20, 50, 100, 200)]
)


@each_size
def test_assign(benchmark: BenchmarkFixture, count: int) -> None:
    assignment = benchmark(devaddr_xml.assign, virtio_disks(count))
    assert sum(device.kind == "disk" and device.address is not None for device in assignment.guest.devices) == count


@each_size
def test_assign_what_is_complete(benchmark: BenchmarkFixture, count: int) -> None:
    complete = devaddr_xml.assign(virtio_disks(count)).xml
    assert benchmark(devaddr_xml.assign, complete).xml == complete


@each_size
def test_lxml_reads_and_writes_the_same(benchmark: BenchmarkFixture, count: int) -> None:
    complete = devaddr_xml.assign(virtio_disks(count)).xml.encode()
    assert benchmark(lambda: etree.tostring(etree.fromstring(complete)))


@pytest.mark.benchmark(group="views of 200 disks")
def test_capacity(benchmark: BenchmarkFixture) -> None:
    complete = devaddr_xml.assign(virtio_disks(200)).xml
    assert benchmark(devaddr_xml.capacity, complete)


@pytest.mark.benchmark(group="views of 200 disks")
def test_diff(benchmark: BenchmarkFixture) -> None:
    complete = devaddr_xml.assign(virtio_disks(200)).xml
    assert not benchmark(devaddr_xml.diff, complete, complete).changes
