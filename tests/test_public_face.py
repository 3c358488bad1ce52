"""The names that other programs use, and how little importing them costs."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import devaddr_xml
from devaddr_xml import (
    Capabilities,
    DevaddrError,
    DocumentError,
    Guest,
    HintError,
    HostFacts,
    Policy,
    ValueInvalid,
    _names,
)
from devaddr_xml.model import address, device, errors
from devaddr_xml.model.device import Disk

XML = """<domain type='kvm'>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <disk><source file='/a'/><target dev='vda' bus='virtio'/></disk>
  </devices>
</domain>
"""


def imported_by(code: str) -> set[str]:
    """The modules that a new interpreter has after running ``code``."""
    command = f"{code}\nimport sys\nprint(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True).stdout
    return set(output.split())


def test_everything_announced_is_there() -> None:
    for name in devaddr_xml.__all__:
        assert getattr(devaddr_xml, name) is not None
        assert name in dir(devaddr_xml)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = devaddr_xml.nonsense


def test_a_name_is_the_same_for_type_checkers_and_for_python() -> None:
    """Type checkers take it from an import that Python never runs, Python from the table of modules."""
    for_checkers = {
        node.module: " ".join(sorted(alias.name for alias in node.names))
        for node in ast.walk(ast.parse(Path(_names.__file__).read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("devaddr_xml.")
    }
    assert {module: " ".join(sorted(names.split())) for module, names in _names.MODULES.items()} == for_checkers
    functions = {
        name
        for name in devaddr_xml.__all__
        if name in vars(devaddr_xml) and inspect.isfunction(vars(devaddr_xml)[name])
    }
    imported = {name for names in _names.MODULES.values() for name in names.split()}
    assert imported | functions == set(devaddr_xml.__all__)


def test_an_assignment() -> None:
    result = devaddr_xml.assign(XML)
    assert "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>" in result.xml
    assert {device.kind for device in result.added} >= {"controller", "memballoon"}
    assert next(device for device in result.guest.devices if isinstance(device, Disk)).address is not None
    assert any(decision.device.kind == "disk" for decision in result.decisions)
    assert result.warnings == ()
    assert devaddr_xml.assign(XML.encode()) == result


def test_a_plan_needs_no_document() -> None:
    guest = Guest(arch="x86_64", machine="q35", devices=[Disk(target="vda", bus="virtio")])
    plan = devaddr_xml.plan(guest)
    assert guest.devices[0].address is None, "the guest that was passed in stays as it was"
    assert next(device for device in plan.guest.devices if isinstance(device, Disk)).address is not None
    assert devaddr_xml.plan(Guest.from_json(guest.to_json())).guest == plan.guest


def test_arguments_reach_the_engine() -> None:
    bare = Capabilities(arch="x86_64", flags=frozenset())
    assert "pcie-root-port" not in devaddr_xml.assign(XML.replace("q35", "pc"), capabilities=bare).xml
    spare = devaddr_xml.assign(XML, policy=Policy(spare_ports=9)).xml
    assert spare.count("pcie-root-port'>") > devaddr_xml.assign(XML).xml.count("pcie-root-port'>")
    facts = HostFacts.from_json('{"pci": {"0001:01:00.0": {"iommu_group": 5}}}')
    assert devaddr_xml.assign(XML, host=facts).xml == devaddr_xml.assign(XML).xml


def test_errors_have_message_line_and_device() -> None:
    with pytest.raises(DevaddrError) as caught:
        devaddr_xml.assign(XML.replace("<target dev='vda'", "<target dev='nonsense'"))
    assert caught.value.line == 4
    assert caught.value.device


@pytest.mark.parametrize("text", ["", "[]", '{"pci": 1}', b'{"pci": {"\xff": {}}}', '{"x":' + "[" * 100_000])
def test_host_facts_that_are_none_are_refused(text: str | bytes) -> None:
    with pytest.raises(DevaddrError, match="the host facts are not valid"):
        HostFacts.from_json(text)


def test_importing_is_cheap() -> None:
    modules = imported_by("import devaddr_xml")
    assert not {"lxml", "msgspec", "click", "devaddr_xml.model.guest"} & modules


def test_a_run_imports_only_what_it_uses() -> None:
    modules = imported_by(f"import devaddr_xml\ndevaddr_xml.assign({XML!r})") - imported_by("import msgspec")
    assert not {"lxml", "click", "rich", "libvirt", "json"} & modules


def test_the_first_page_runs() -> None:
    """The docstring of the package is the life of a guest, and each of its lines gives what it says."""
    found = doctest.testmod(devaddr_xml)
    assert found.attempted > 10
    assert not found.failed


def test_dir_shows_public_names_only() -> None:
    assert dir(devaddr_xml) == sorted(devaddr_xml.__all__)
    assert "Any" not in dir(devaddr_xml)


def test_every_error_device_and_address_is_public() -> None:
    for module in (errors, device, address):
        classes = {
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__ and name != "CharacterDevice"
        }
        assert classes <= set(devaddr_xml.__all__)
    promised = {
        name
        for function in map(vars(devaddr_xml).get, devaddr_xml.__all__)
        if callable(function)
        for name in re.findall(r"[A-Z][a-zA-Z]*(?:Error|Invalid|Conflict|Changed)|Unsupported", function.__doc__ or "")
    }
    assert promised - {"TypeError"} <= set(devaddr_xml.__all__)


def test_a_misspelt_name_is_found(tmp_path: Path) -> None:
    """By Python and by type checkers."""
    with pytest.raises(AttributeError, match="did you mean 'assign'"):
        _ = devaddr_xml.assing
    program = tmp_path / "program.py"
    program.write_text("import devaddr_xml\n\ndevaddr_xml.assing('')\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 'has no attribute "assing"' in checked.stdout


class TestPathsAndText:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "guest.xml"
        path.write_text(XML)
        return path

    def test_wherever_a_document_goes_in(self, path: Path) -> None:
        complete = devaddr_xml.assign(path)
        assert complete == devaddr_xml.assign(XML)
        assert devaddr_xml.read_guest(path) == devaddr_xml.read_guest(XML)
        assert devaddr_xml.check(path) == devaddr_xml.check(XML)
        assert devaddr_xml.capacity(path) == devaddr_xml.capacity(XML)
        assert devaddr_xml.explain(path) == devaddr_xml.explain(XML)
        assert devaddr_xml.show(path) == devaddr_xml.show(XML)
        assert devaddr_xml.qemu_args(path) == devaddr_xml.qemu_args(XML)
        assert devaddr_xml.detach(path, "vda") == devaddr_xml.detach(XML, ["vda"])
        assert devaddr_xml.migrate(path, "hotplug") == devaddr_xml.migrate(XML, Policy(profile="hotplug"))
        assert not devaddr_xml.diff(path, XML)

    def test_devices(self, path: Path, tmp_path: Path) -> None:
        card = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>"
        file = tmp_path / "card.xml"
        file.write_text(card)
        assert devaddr_xml.attach(path, file).device_xml == devaddr_xml.attach(XML, [card]).device_xml

    def test_policies(self, tmp_path: Path) -> None:
        file = tmp_path / "policy.json"
        file.write_text('{"profile": "hotplug"}')
        named = devaddr_xml.assign(XML, policy="hotplug")
        assert (
            named == devaddr_xml.assign(XML, policy=Policy(profile="hotplug")) == devaddr_xml.assign(XML, policy=file)
        )

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(DocumentError, match=r"nothing\.xml cannot be read"):
            devaddr_xml.assign(tmp_path / "nothing.xml")
        with pytest.raises(DocumentError, match=r"pathlib\.Path"):
            devaddr_xml.assign("guest.xml")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: devaddr_xml.assign(None), "xml is of type NoneType; it takes XML as str or bytes, or a path"),
        (
            lambda: devaddr_xml.assign(XML, policy={}),
            "policy is of type dict; it takes a Policy, the name of a profile",
        ),
        (
            lambda: devaddr_xml.assign(XML, policy=Policy(devices="vda")),
            "policy.devices is of type str; it takes a tuple of",
        ),
        (
            lambda: devaddr_xml.assign(XML, policy=Policy(devices=({},))),
            "policy.devices is of type dict; it takes Device",
        ),
        (
            lambda: devaddr_xml.assign(XML, policy=Policy(spares=3)),
            "policy.spares is of type int; it takes a tuple of Spare",
        ),
        (lambda: devaddr_xml.convert(XML, None), "machine is of type NoneType; it takes the name of a machine"),
        (lambda: devaddr_xml.known_capabilities("x86_64", (9, 0)), "a version of libvirt is text, such as '9.0.0'"),
        (lambda: devaddr_xml.assign(XML, host={}), "host is of type dict; it takes HostFacts"),
        (lambda: devaddr_xml.assign(XML, capabilities="x"), "capabilities is of type str; it takes Capabilities"),
        (lambda: devaddr_xml.plan(XML), "guest is of type str; it takes a Guest; read_guest makes one"),
        (lambda: devaddr_xml.detach(XML, 5), "refs is of type int; it takes a reference such as 'vda', or several"),
        (lambda: devaddr_xml.detach(XML, [5]), "it takes references as str"),
        (lambda: devaddr_xml.attach(XML, 5), "devices is of type int"),
        (lambda: devaddr_xml.diff(XML, 5), "new is of type int; it takes a Guest, XML as str or bytes"),
    ],
)
def test_a_wrong_type_says_what_is_taken(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        call()


def test_unknown_names() -> None:
    with pytest.raises(ValueInvalid, match=r'no kind of place "pcie_port"\. There is pcie-port'):
        devaddr_xml.capacity(XML).total("pcie_port")  # type: ignore[arg-type]
    with pytest.raises(HintError, match=r'no profile "hotplugg"\. Did you mean "hotplug"'):
        devaddr_xml.assign(XML, policy="hotplugg")
    with pytest.raises(ValueInvalid, match='no form "pdf"'):
        devaddr_xml.show(XML, "pdf")  # type: ignore[arg-type]


def test_one_reference_or_several() -> None:
    complete = devaddr_xml.assign(XML).xml
    assert devaddr_xml.migrate(complete, "packed", keep="vda") == devaddr_xml.migrate(complete, "packed", keep=["vda"])
    assert devaddr_xml.explain(complete, "vda") == devaddr_xml.explain(complete, ("vda",))


def test_results_have_one_shape() -> None:
    complete = devaddr_xml.assign(XML)
    card = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>"
    attached = devaddr_xml.attach(complete.xml, card)
    results = (complete, attached, devaddr_xml.detach(attached.xml, "vda"), devaddr_xml.migrate(XML, "packed"))
    for result in results:
        assert result.xml.startswith("<domain")
        assert isinstance(result.guest, Guest)
        for devices in (result.added, result.removed):
            assert all(isinstance(each, device.Device) for each in devices)
        assert isinstance(result.decisions, tuple)
        assert isinstance(result.warnings, tuple)
        assert len(repr(result)) < 120
    assert [each.mac for each in attached.devices] == ["52:54:00:00:00:01"]
    assert [each.target for each in results[2].removed] == ["vda"]


def test_short_words_for_everything() -> None:
    complete = devaddr_xml.assign(XML)
    for value in (
        complete.guest,
        devaddr_xml.plan(complete.guest),
        devaddr_xml.capacity(XML),
        devaddr_xml.check(XML),
        devaddr_xml.diff(XML, complete.xml),
        devaddr_xml.known_capabilities("x86_64"),
        Policy(profile="hotplug"),
        complete.guest.devices[0],
    ):
        assert len(repr(value)) < 200, repr(value)


def test_no_difference_is_false() -> None:
    assert not devaddr_xml.diff(XML, XML)
    assert devaddr_xml.diff(XML, devaddr_xml.assign(XML).xml)


class TestJson:
    def test_the_schema_has_a_name(self) -> None:
        schema = Guest.json_schema()
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert str(schema["$id"]).startswith("urn:devaddr-xml:")

    @pytest.mark.parametrize(
        ("text", "remedy"),
        [
            ('{"machin": "q35"}', 'Did you mean "machine"'),
            ('{"devices": [{"kind": "disk", "targt": "vda"}]}', 'Did you mean "target"'),
            ("[]", "A guest is an object"),
            ("{", "truncated"),
        ],
    )
    def test_errors_speak_of_json(self, text: str, remedy: str) -> None:
        with pytest.raises(ValueInvalid, match="the guest is not valid JSON") as caught:
            devaddr_xml.read_guest(text)
        assert remedy in str(caught.value)
        assert "XML" not in str(caught.value)
