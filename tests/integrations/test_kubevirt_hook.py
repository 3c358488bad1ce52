"""The sidecar's program: what it prints, when it refuses, and whose policy it follows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from forked import run_forked
from integrations.kubevirt_launcher import Launcher, is_placeholder, without
from integrations.kubevirt_machines import Machine
from lxml import etree

import devaddr_xml
from devaddr_xml import DevaddrError
from devaddr_xml.cli import kubevirt
from devaddr_xml.integrations.kubevirt.hook import on_define_domain
from devaddr_xml.integrations.kubevirt.instance import read_instance

PACKAGE = Path(devaddr_xml.__file__).parent / "integrations" / "kubevirt"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(devaddr_xml.__file__).parent.parent)}
HINTED = Machine({"profile": "hotplug", "devices": [{"ref": "ua-disk0", "hotplug": "no"}]})
POLICY_XML = """<?xml version="1.0"?>
<d:policy xmlns:d="urn:devaddr-xml:hints:1" profile="hotplug"><d:device ref="ua-disk0" hotplug="no"/></d:policy>"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = run_forked(kubevirt.main, arguments, cwd="/", env=ENVIRONMENT)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_prints_the_whole_domain_and_nothing_else() -> None:
    done = run("--vmi", HINTED.vmi, "--domain", HINTED.domain)
    assert done.returncode == 0
    domain = etree.fromstring(done.stdout)
    assert domain.tag == "domain"
    assert done.stdout == on_define_domain(HINTED.vmi, HINTED.domain).xml
    assert '<qemu:env name="A" value="b"/>' in done.stdout
    assert all(line.startswith("devaddr-xml: ") for line in done.stderr.splitlines())
    assert "added" in done.stderr


def test_is_deterministic() -> None:
    results = {on_define_domain(HINTED.vmi, HINTED.domain).xml for _ in range(3)}
    environment = {**ENVIRONMENT, "PYTHONHASHSEED": "1"}
    command = [sys.executable, "-m", "devaddr_xml", "kubevirt", "--vmi", HINTED.vmi, "--domain", HINTED.domain]
    results.add(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
    assert len(results) == 1


@pytest.mark.parametrize(
    "more",
    [["--new-flag"], ["--new-flag", "value"], ["--new-flag=value"], ["-x"], ["word"]],
)
def test_unknown_flags_are_ignored(more: list[str]) -> None:
    expected = on_define_domain(HINTED.vmi, HINTED.domain).xml
    for arguments in (
        [*more, "--vmi", HINTED.vmi, "--domain", HINTED.domain],
        ["--vmi", HINTED.vmi, *more, "--domain", HINTED.domain],
        [f"--vmi={HINTED.vmi}", f"--domain={HINTED.domain}", *more],
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (0, expected)


def test_without_a_policy_the_domain_stays_as_it_is() -> None:
    for policy in (None, "", " \n"):
        machine = Machine(policy)
        done = run("--vmi", machine.vmi, "--domain", machine.domain)
        assert (done.returncode, done.stdout) == (0, machine.domain)
    odd = "<domain type='kvm'><!-- kept --><name>a</name></domain>\n"
    for vmi in ("{}", '{"metadata": null}', '{"metadata": {"annotations": []}, "spec": {"domain": 1}}'):
        assert on_define_domain(vmi, odd).xml == odd


@pytest.mark.parametrize(
    ("vmi", "domain", "message"),
    [
        ("{", HINTED.domain, "not valid JSON"),
        ("[]", HINTED.domain, "not a JSON object"),
        ("[" * 5000, HINTED.domain, "not valid JSON"),
        (HINTED.vmi, "<domain>", "not well-formed"),
        (HINTED.vmi, "<network/>", "a network, not a domain"),
        (Machine("no policy").vmi, HINTED.domain, "not valid JSON"),
        (Machine({"spare-pots": 1}).vmi, HINTED.domain, 'no tunable "spare-pots"'),
        (Machine({"devices": [{"ref": "ua-disk7", "node": 0}]}).vmi, HINTED.domain, "names no device"),
        (Machine({"devices": [{"ref": "ua-disk0", "node": 5}]}).vmi, HINTED.domain, "ua-disk0"),
        ('{"metadata": {"annotations": {"devaddr-xml/policy": 5}}}', HINTED.domain, "not text"),
    ],
)
def test_refusals(vmi: str, domain: str, message: str) -> None:
    done = run("--vmi", vmi, "--domain", domain)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(DevaddrError):
        on_define_domain(vmi, domain)


@pytest.mark.parametrize("arguments", [[], ["--vmi", "{}"], ["--domain", "<domain/>"], ["--vmi"]])
def test_usage(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_policy_as_xml_is_the_same_as_json() -> None:
    assert (
        on_define_domain(Machine(POLICY_XML).vmi, HINTED.domain).xml == on_define_domain(HINTED.vmi, HINTED.domain).xml
    )


def test_policy_of_the_domain() -> None:
    """Another sidecar may have put it there; in every pass, since KubeVirt does not keep it."""
    plain = Machine(None, extras=("vsock",))

    def hook(domain: str) -> str:
        policy = POLICY_XML.partition("?>")[2].strip()
        return on_define_domain(
            plain.vmi,
            domain.replace("</metadata>", f"{policy}</metadata>")
            if "</metadata>" in domain
            else domain.replace("<devices>", f"<metadata>{policy}</metadata><devices>", 1),
        ).xml

    results = Launcher().define(plain.domain, hook, plain.placeholders, 5)
    same = Machine({"profile": "hotplug", "devices": [{"ref": "ua-disk0", "hotplug": "no"}]}, extras=("vsock",))
    others = Launcher().define(same.domain, lambda domain: on_define_domain(same.vmi, domain).xml, same.placeholders, 5)
    assert devaddr_xml.diff(results[-1], others[-1]).same


def test_addresses_of_the_user() -> None:
    vmi = read_instance(Machine(None, given=(("ua-disk0", "0000:81:1f.7"), ("ua-net0", "0001:00:02.0"))).vmi)
    assert {alias: str(address) for alias, address in vmi.given.items()} == {
        "ua-disk0": "0000:81:1f.7",
        "ua-net0": "0001:00:02.0",
    }


@pytest.mark.parametrize(
    ("interfaces", "frozen", "placeholders"),
    [(0, None, 0), (1, None, 3), (3, None, 1), (4, None, 0), (9, None, 0), (2, "11", 9), (2, "1", 0), (1, "x", 3)],
)
def test_expected_placeholders(interfaces: int, frozen: str | None, placeholders: int) -> None:
    vmi = json.loads(Machine(None, interfaces=interfaces).vmi)
    if frozen is not None:
        vmi["metadata"]["annotations"]["kubevirt.io/pci-interface-slot-count"] = frozen
    assert read_instance(json.dumps(vmi)).placeholders == placeholders


@pytest.mark.parametrize("count", [0, 2, 9, 20])
def test_another_number_of_placeholders_than_expected(count: int) -> None:
    """The number is found out again from what has come back."""
    machine = Machine({"profile": "hotplug"}, extras=("vsock", "rng"), filesystems=1)
    results = Launcher(closes_ports=False).define(
        machine.domain, lambda domain: on_define_domain(machine.vmi, domain).xml, count, 3
    )
    found = devaddr_xml.diff(without(results[0], is_placeholder), results[-1])
    assert {change.change for change in found.changes if change.attribute != "hotplug"} <= {"added"}


def test_transitional_placeholders() -> None:
    """Conventional devices: their places are slots of a bridge."""
    machine = Machine({"spare-ports": 2}, extras=("vsock",))
    vmi = json.loads(machine.vmi)
    vmi["spec"]["domain"]["devices"]["useVirtioTransitional"] = True
    domain = machine.domain.replace("virtio-non-transitional", "virtio-transitional")
    domain = domain.replace('vsock model="virtio-transitional"', 'vsock model="virtio-non-transitional"')
    launcher = Launcher(placeholder_model="virtio-transitional", closes_ports=False)
    results = launcher.define(domain, lambda domain: on_define_domain(json.dumps(vmi), domain).xml, 3, 4)
    found = devaddr_xml.diff(without(results[0], is_placeholder), results[-1])
    assert {change.change for change in found.changes if change.attribute != "multifunction"} == {"added"}


NUMA_TREE = """<controller type="pci" index="0" model="pcie-root"/>
<controller type="pci" index="1" model="pcie-expander-bus"><target busNr="254"><node>1</node></target></controller>
<controller type="pci" index="2" model="pcie-root-port"><address type="pci" domain="0x0000" bus="0x01" slot="0x00"
 function="0x0"/></controller>"""


def test_kubevirts_own_numa_placement_stays() -> None:
    """A tree that KubeVirt made is there from the first pass on; the policy places the rest around it."""
    machine = Machine({"profile": "hotplug"}, hostdevs=1, nodes=2, extras=("vsock",))
    behind = '<address type="pci" domain="0x0000" bus="0x02" slot="0x00" function="0x0"/><alias name="ua-gpu0"/>'
    domain = machine.domain.replace('<alias name="ua-gpu0"/>', behind)
    domain = domain.replace('<controller type="usb"', f'{NUMA_TREE}<controller type="usb"', 1)
    results = Launcher().define(domain, lambda domain: on_define_domain(machine.vmi, domain).xml, 3, 6)
    last = etree.fromstring(results[-1])
    assert last.findtext("devices/controller[@index='1']/target/node") == "1"
    assert last.xpath("devices/hostdev/address/@bus") == ["0x02"]
    assert last.xpath("devices/controller[@index='2']/address/@bus") == ["0x01"]
    everything = last.xpath("devices/*[address/@bus='0x02']")
    assert [device.tag for device in everything] == ["hostdev"]


def test_kubevirts_root_complex_mode_stays() -> None:
    """Everything comes with an address; nothing is left to place but what KubeVirt overlooks."""
    machine = Machine({"profile": "integrated"}, interfaces=1, disks=1, scsi_disks=0, extras=("vsock",))
    domain = machine.domain
    slots = iter(range(2, 20))
    for element in ("<interface ", '<controller type="scsi"', '<controller type="virtio-serial"', "<disk "):
        start = domain.index(element)
        end = domain.index(">", start) + 1
        place = f'<address type="pci" domain="0x0000" bus="0x00" slot="0x{next(slots):02x}" function="0x0"/>'
        if domain[end - 2] == "/":
            name = domain[start + 1 :].split(" ")[0]
            domain = f"{domain[: end - 2]}>{place}</{name}>{domain[end:]}"
        else:
            domain = f"{domain[:end]}{place}{domain[end:]}"
    result = etree.fromstring(on_define_domain(machine.vmi, domain).xml)
    assert result.xpath("devices/interface/address/@slot") == ["0x02"]
    assert result.xpath("devices/disk/address/@slot") == ["0x05"]
    assert result.xpath("count(devices/controller[@model='pcie-root-port'])") == 0


def test_example_and_containerfile(repository: Path) -> None:
    """The example's annotations are what hook and KubeVirt read; the image has the program that the shim looks for."""
    text = (PACKAGE / "example-vm.yaml").read_text()
    sidecars = re.search(r"hookSidecars: >-\n +(\[.*\])\n", text)
    assert sidecars is not None
    assert json.loads(sidecars[1])[0]["args"] == ["--version", "v1alpha3"]
    policy = re.search(r"devaddr-xml/policy: \|\n((?: {10}.*\n)+)", text)
    assert policy is not None
    vmi = json.dumps({"metadata": {"annotations": {"devaddr-xml/policy": policy[1]}}})
    asked_hints = read_instance(vmi).policy
    assert asked_hints is not None
    names = set(re.findall(r"- name: (\S+)", text))
    assert {hints.ref.removeprefix("ua-") for hints in asked_hints.devices} <= names
    container = (PACKAGE / "Containerfile").read_text()
    assert "onDefineDomain --help" in container
    metadata = (repository / "pyproject.toml").read_text()
    assert 'onDefineDomain = "devaddr_xml.cli.kubevirt:main"' in metadata


def test_arguments_have_a_greatest_length() -> None:
    """The system refuses longer ones before the hook is there at all; the help says so."""
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run([sys.executable, "--vmi", "{}", "--domain", " " * 131072], check=False)
    assert "131,071 bytes" in run("--help").stdout


WATCHED = """
import sys
seen = []
def watch(event, arguments):
    if event == "open" or event.split(".")[0] in ("socket", "subprocess", "os", "pickle", "urllib", "ctypes"):
        seen.append((event, str(arguments[0]) if arguments else ""))
sys.addaudithook(watch)
from devaddr_xml.cli.process import outcome
code = outcome(["kubevirt", *sys.argv[1:]])
import json
print(json.dumps(seen), file=sys.stderr)
sys.exit(code)
"""


def test_touches_nothing_that_the_input_names(tmp_path: Path) -> None:
    """No file, socket, process or pickle, whatever domain and annotation say."""
    trap = tmp_path / "trap"
    trap.write_text("secret")
    domain = HINTED.domain.replace("/d0", str(trap)).replace("<devices>", f"<devices><emulator>{trap}</emulator>")
    policy = POLICY_XML.replace("<?xml", f"<?xml-stylesheet href='{trap}'?><!-- ").replace("?>\n", "--> ", 1)
    environment = {**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"}
    for machine in (HINTED, Machine(POLICY_XML), Machine(policy)):
        arguments = ["-c", WATCHED, "--vmi", machine.vmi, "--domain", domain]
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment
        )
        seen = json.loads(done.stderr.splitlines()[-1])
        assert not any(str(tmp_path) in path for _, path in seen)
        assert {event for event, _ in seen} <= {"open", "os.listdir", "os.scandir"}
