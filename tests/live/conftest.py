"""What the live tests share: a connection to a real libvirt, and what it makes of a domain."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.host import HostFacts

URI = os.environ.get("DEVADDR_XML_LIVE_URI", "qemu:///system")

#: Set by .ci/live: a live test that is skipped has failed.
REQUIRED = os.environ.get("DEVADDR_XML_LIVE") == "required"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark everything below this folder; without ``-m live`` it is skipped, as it takes many minutes."""
    asked_for = "live" in (config.option.markexpr or "")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.live)
            if not asked_for:
                item.add_marker(pytest.mark.skip(reason="live tests run with -m live; .ci/live prepares a machine"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where the live tests are required, a skip is a failure."""
    outcome: Any = yield
    report = outcome.get_result()
    if REQUIRED and report.skipped and item.get_closest_marker("live") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and live tests may not be: {report.longrepr[2]}"


@pytest.fixture(scope="session")
def connection() -> Iterator[Any]:
    """A connection to libvirt."""
    libvirt = pytest.importorskip("libvirt", reason="libvirt-python is not installed")
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    try:
        opened = libvirt.open(URI)
    except libvirt.libvirtError as error:
        pytest.skip(f"no libvirt answers at {URI}: {error}")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def ability(connection: Any) -> Callable[[str], tuple[Capabilities, HostFacts]]:
    """For an architecture: the capabilities of the live QEMU, and facts about the host."""
    from devaddr_xml.probe.libvirt import probe_host

    return cache(lambda arch: probe_host(URI, arch))


@pytest.fixture(scope="session")
def define(connection: Any) -> Callable[[str], str]:
    """For a domain: what libvirt makes of it when it is defined; raises libvirtError when libvirt refuses it."""
    import libvirt

    def defined(xml: str) -> str:
        domain = connection.defineXML(xml)
        try:
            return str(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
        finally:
            domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)

    return defined
