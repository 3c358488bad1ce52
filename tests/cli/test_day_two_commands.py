"""``devaddr-xml attach``, ``detach``, ``migrate`` and ``check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml import Policy
from devaddr_xml.cli.process import outcome

DOMAIN = """<domain type='kvm'>
  <name>day-two</name>
  <memory unit='GiB'>1</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/srv/disk.img'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'>
      <mac address='52:54:00:00:00:01'/>
      <model type='virtio'/>
    </interface>
  </devices>
</domain>
"""
COMPLETE = devaddr_xml.assign(DOMAIN, policy=Policy(spare_ports=1)).xml
NIC = "<interface type='user'>\n  <mac address='52:54:00:00:00:02'/>\n  <model type='virtio'/>\n</interface>\n"


@pytest.fixture
def domain(tmp_path: Path) -> str:
    path = tmp_path / "guest.xml"
    path.write_text(COMPLETE)
    return str(path)


@pytest.fixture
def nic(tmp_path: Path) -> str:
    path = tmp_path / "nic.xml"
    path.write_text(NIC)
    return str(path)


class TestAttach:
    def test_live_prints_device_xml(self, domain: str, nic: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["attach", "--live", domain, nic]) == 0
        out, err = capfd.readouterr()
        assert out == "".join(f"{xml}\n" for xml in devaddr_xml.attach(COMPLETE, NIC, live=True).device_xml)
        assert err == ""

    def test_cold_prints_the_domain(self, domain: str, nic: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["attach", domain, nic]) == 0
        assert capfd.readouterr().out == devaddr_xml.attach(COMPLETE, NIC).xml

    def test_either_can_be_had(self, domain: str, nic: str, tmp_path: Path) -> None:
        target = tmp_path / "out.xml"
        assert outcome(["attach", domain, nic, "--print", "devices", "-o", str(target)]) == 0
        assert target.read_text().startswith("<interface type='user'>")
        assert outcome(["attach", "--live", domain, nic, "--print", "domain", "-o", str(target)]) == 0
        assert target.read_text() == devaddr_xml.attach(COMPLETE, NIC, live=True).xml

    def test_a_refusal_names_the_file(self, domain: str, nic: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["attach", "--live", domain, nic, nic]) == 1
        out, err = capfd.readouterr()
        assert out == ""
        assert err.startswith(f"{nic}:1: error: interface 52:54:00:00:00:02: no free hotpluggable port: ")
        assert err.count("\n") == 1

    def test_a_policy_counts(self, domain: str, nic: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["attach", "--set", "spare-ports=5", domain, nic]) == 0
        assert 'spare-ports="5"' in capfd.readouterr().out.replace("'", '"')

    def test_one_standard_input(self, domain: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["attach", "-", "-"]) == 2
        assert "standard input" in capfd.readouterr().err
        assert outcome(["attach", domain]) == 2
        assert outcome(["attach", domain, "/does/not/exist"]) == 2


class TestDetach:
    def test_domain_and_what_is_free(self, domain: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["detach", domain, "vda", "52:54:00:00:00:01"]) == 0
        out, err = capfd.readouterr()
        assert out == devaddr_xml.detach(COMPLETE, ["vda", "52:54:00:00:00:01"]).xml
        assert (
            "disk vda is removed from 0000:03:00.0; the place is free for another device, even while the guest runs"
            in err
        )
        assert "controller pci.3 (pcie-root-port) (now empty) stays" in err
        assert outcome(["detach", "-q", domain, "vda"]) == 0
        assert capfd.readouterr().err == ""

    def test_a_port_that_the_policy_asks_for_is_told(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """KubeVirt's figure counts occupied ports, and the port of the cell is not one outside cells."""
        path = tmp_path / "cells.xml"
        path.write_text(
            devaddr_xml.assign(
                "<domain type='kvm'><name>a</name><memory unit='GiB'>4</memory><vcpu>2</vcpu>"
                "<os><type arch='x86_64' machine='q35'>hvm</type></os>"
                "<cpu><numa><cell id='0' cpus='0-1' memory='4' unit='GiB'/></numa></cpu><devices>"
                "<disk><source file='/a'/><target dev='vda' bus='virtio'/></disk></devices></domain>",
                policy=devaddr_xml.Policy(profile="hotplug", devices=(devaddr_xml.DeviceHints(ref="vda", node=0),)),
            ).xml
        )
        assert outcome(["detach", str(path), "vda"]) == 0
        err = capfd.readouterr().err
        assert "is added, as the policy asks for free ports" in err

    def test_refusal(self, domain: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        target = tmp_path / "out.xml"
        assert outcome(["detach", domain, "memballoon[1]", "-o", str(target)]) == 1
        assert "model='none'" in capfd.readouterr().err
        assert not target.exists()


class TestMigrate:
    def test_by_additions(self, domain: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["migrate", "--profile", "packed", domain]) == 0
        out, err = capfd.readouterr()
        assert out == devaddr_xml.migrate(COMPLETE, Policy(profile="packed")).xml
        assert 'devaddr-xml: not met: packing="functions": 4 devices keep a slot each' in err

    @pytest.mark.parametrize(("options", "keep"), [(["--keep", "none"], "none"), (["--keep", "vda"], ["vda"])])
    def test_anew(self, domain: str, options: list[str], keep: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["migrate", "--profile", "integrated", *options, domain]) == 0
        out, err = capfd.readouterr()
        assert out == devaddr_xml.migrate(COMPLETE, Policy(profile="integrated"), keep=keep).xml
        assert "moved    interface 52:54:00:00:00:01  0000:01:00.0 → 0000:00:02.0" in err
        assert "network name enp1s0 → enp0s2" in err

    def test_json(self, domain: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        target = tmp_path / "out.xml"
        assert outcome(["migrate", "--profile", "packed", "--json", domain, "-o", str(target)]) == 0
        out, err = capfd.readouterr()
        report = json.loads(out)
        assert report["adopted"]
        assert [unmet["promise"] for unmet in report["unmet"]] == ['packing="functions"']
        assert err == ""
        assert "packed" in target.read_text()

    def test_freeze(self, domain: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["migrate", "--freeze", "--profile", "packed", domain]) == 0
        assert capfd.readouterr().out == COMPLETE.replace(
            "version='2' spare-ports='1'", "version='2' profile='packed' spare-ports='1'"
        )
        assert outcome(["migrate", "--freeze", "--keep", "none", domain]) == 2

    @pytest.mark.parametrize("keep", [["all", "none"], ["none", "vda"]])
    def test_keep_is_one_thing(self, domain: str, keep: list[str]) -> None:
        assert outcome(["migrate", *(word for ref in keep for word in ("--keep", ref)), domain]) == 2

    def test_what_no_policy_lets_pass(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "twins.xml"
        path.write_text(devaddr_xml.assign(DOMAIN).xml.replace("chassis='2'", "chassis='1'"))
        target = tmp_path / "out.xml"
        assert outcome(["migrate", "--profile", "hotplug", str(path), "-o", str(target)]) == 1
        assert "not met: controller pci.2 (pcie-root-port): policy: chassis 1 is used twice" in capfd.readouterr().err
        assert not target.exists()


class TestCheck:
    def test_nothing_to_say(self, domain: str, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["check", "--schema", "none", domain]) == 0
        assert capfd.readouterr() == ("", "")

    def test_findings(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "bad.xml"
        path.write_text(COMPLETE.replace("bus='0x01'", "bus='0x03'"))
        assert outcome(["check", "--schema", "none", str(path)]) == 1
        out, _ = capfd.readouterr()
        assert out.startswith(f"{path}:")
        assert ": error: interface 52:54:00:00:00:01: PCI address 0000:03:00.0 is used twice" in out
        assert outcome(["check", "--schema", "none", "--json", str(path)]) == 1
        report = json.loads(capfd.readouterr().out)
        assert not report["ok"]
        assert report["findings"][0]["line"] > 1

    def test_warnings_alone_are_no_failure(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "twins.xml"
        path.write_text(devaddr_xml.assign(DOMAIN).xml.replace("chassis='2'", "chassis='1'"))
        assert outcome(["check", "--schema", "none", str(path)]) == 0
        assert ": warning: " in capfd.readouterr().out
        assert outcome(["check", "--schema", "none", "--profile", "hotplug", str(path)]) == 1
        assert "[usable]" in capfd.readouterr().out

    def test_schema_option(self, domain: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        assert outcome(["check", "--schema", str(tmp_path / "none.rng"), domain]) == 2
        grammar = tmp_path / "own.rng"
        grammar.write_text(
            "<element name='domain' xmlns='http://relaxng.org/ns/structure/1.0'>"
            "<attribute name='type'/><empty/></element>"
        )
        capfd.readouterr()
        assert outcome(["check", "--schema", str(grammar), domain]) == 0  # libvirt reads over what its grammar lacks
        assert "there is no element <name>" in capfd.readouterr().out


@pytest.mark.parametrize("holder", ["domainsnapshot", "domaincheckpoint", "domstatus"])
@pytest.mark.parametrize("command", ["capacity", "explain", "diff", "check"])
def test_documents_that_hold_a_domain(
    holder: str, command: str, domain: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "holder.xml"
    path.write_text(f"<{holder}>\n<name>s</name>\n{COMPLETE}<more/></{holder}>")
    options = ["--schema", "none"] if command == "check" else []
    arguments = [str(path), domain] if command == "diff" else [str(path)]
    assert outcome([command, *options, *arguments]) == 0
    inside = capfd.readouterr().out
    assert outcome([command, *options, *(domain for _ in arguments)]) == 0
    assert len(capfd.readouterr().out.splitlines()) == len(inside.splitlines())
