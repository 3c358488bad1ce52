"""check agrees with assign: of what assign wrote there is no error, by any libvirt, with and without a policy."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from properties.documents import ARCHITECTURES, Domain, domains, families

import devaddr_xml

LIBVIRTS = ("9.0.0", "11.3.0", "12.8.0")
FIXTURES = sorted((Path(__file__).resolve().parents[2] / "fixtures").glob("*/*.xml"))
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "conformance"
EVERY = 60

tried = settings(deadline=None, suppress_health_check=list(HealthCheck))
libvirts = pytest.mark.parametrize("libvirt", LIBVIRTS)


def check_agreement(xml: str | bytes, libvirt: str, arch: str, policy: str | None = None) -> None:
    """What assign writes has no error, and none is about a free port between others."""
    target = devaddr_xml.known_capabilities(arch, libvirt=libvirt)
    try:
        complete = devaddr_xml.assign(xml, policy=policy, capabilities=target).xml
    except devaddr_xml.DevaddrError:
        return
    report = devaddr_xml.check(complete, capabilities=target)
    assert not [finding for finding in report.findings if finding.severity == "error"]
    assert not [finding for finding in report.findings if "free port" in finding.message]


@libvirts
@pytest.mark.parametrize("policy", [None, "hotplug"])
@pytest.mark.parametrize("path", FIXTURES[::7], ids=lambda path: path.stem)
def test_fixtures(path: Path, libvirt: str, policy: str | None) -> None:
    text = path.read_bytes()
    arch = next((arch for arch in set(ARCHITECTURES.values()) if arch.encode() in text), "x86_64")
    check_agreement(text, libvirt, arch, policy)


@libvirts
@tried
@given(domains() | families())
def test_generated_documents_with_hints(libvirt: str, domain: Domain) -> None:
    check_agreement(str(domain), libvirt, ARCHITECTURES[domain.machine])


def _recorded(name: str) -> list[dict[str, str]]:
    with gzip.open(RECORDED / f"{name}.jsonl.gz", "rt") as stream:
        return [case for case in map(json.loads, stream) if case["expect"] == "ok"][::EVERY]


@pytest.mark.skipif(not RECORDED.is_dir(), reason="../shared, with the recorded results of libvirt, is not here")
@libvirts
@pytest.mark.parametrize("name", ["upstream", "random"])
def test_recorded_domains(name: str, libvirt: str) -> None:
    for case in _recorded(name):
        check_agreement(case["in"], libvirt, case["arch"])
