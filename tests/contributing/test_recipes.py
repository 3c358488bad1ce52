"""Every recipe of CONTRIBUTING is followed in a copy of the sources, and what it adds works everywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from contributing.conftest import Tree

from devaddr_xml.probe.embedded import capabilities_for

DISK = "<disk type='file'><source file='/x'/><target dev='vda' bus='virtio'/></disk>"


def places(devices: list[dict[str, object]]) -> list[str]:
    """The addresses, which are complete."""
    assert all(device["address"] for device in devices)
    return [json.dumps(device["address"]) for device in devices]


def check_two(tree: Tree, element: str, kind: str, type_: str = "pci") -> Path:
    """Two devices have different addresses of a type, and show, diff and explain know them."""
    complete = tree.assign(tree.document("two.xml", element + "\n" + element))
    found = [each for each in tree.devices(complete, kind) if each["address"]["type"] == type_]
    assert len(found) == len(set(places(found))) == 2
    shown = tree.run("show", complete)
    assert shown.count(kind) >= 2
    one = tree.assign(tree.document("one.xml", element))
    assert kind in tree.run("diff", one, complete, code=1)
    assert kind in tree.run("explain", tree.document("two.xml", element + "\n" + element))
    return complete


def test_device_model(tree: Tree) -> None:
    tree.put("model/kind_rows.py", 'Pci("conventional", "es1370 ', 'Pci("express", "x100"), ')
    tree.put("domxml/facts/display.py", '"sb16", "es1370"', '"x100", ')
    complete = check_two(tree, "<sound model='x100'/>", "sound")
    assert "pcie-to-pci-bridge" not in complete.read_text()


def test_kind_of_device(tree: Tree) -> None:
    tree.put(
        "model/device.py",
        "AnyDevice = (",
        'class Fpga(Device, tag="fpga", kw_only=True):\n'
        '    kind: ClassVar[str] = "fpga"\n    gates: int | None = None\n\n\n',
    )
    tree.put("model/device.py", "    | Pstore\n", "    | Fpga\n")
    tree.put(
        "model/kind_rows.py",
        "    Kind(\n        device=devices.Pstore,",
        '    Kind(device=devices.Fpga, visit=28, pci=(Pci("express", "*"),), pci_turn=20, abi=("gates",),'
        ' qemu="fpga"),\n',
    )
    tree.put(
        "domxml/devices.py",
        "    Layout(kinds.Pstore",
        '    Layout(kinds.Fpga, _MODEL, Field("gates", "@gates", decimal, str), _ALIAS),\n',
    )
    complete = check_two(tree, "<fpga model='a' gates='5'/>", "fpga")
    assert {each["gates"] for each in tree.devices(complete, "fpga")} == {5}
    changed = tree.root / "changed.xml"
    changed.write_text(complete.read_text().replace("gates='5'", "gates='6'"))
    assert "gates" in tree.run("diff", complete, changed, code=1)
    assert '"id":"fpga1"' in tree.run("qemu-args", complete)
    guest = tree.root / "guest.json"
    guest.write_text(tree.run("model", complete))
    assert tree.run("render", guest).count("<fpga") == 2


def test_device_kind_that_a_guest_has_once(tree: Tree) -> None:
    """How many there can be is in the row, too."""
    tree.put("model/kind_rows.py", '        abilities={"ivshmem-plain"', "        most=1,\n")
    shmem = "<shmem name='{}'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>"
    two = shmem.format("a") + shmem.format("b")
    assert "can have only 1 shmem" in tree.run("assign", tree.document("a.xml", two), code=1)


def test_machine(tree: Tree) -> None:
    """A machine with a chipset, an implied watchdog and a device that no other machine has."""
    tree.put(
        "machines/x86.py",
        "    Row(replace(_X86, pci_expected=True), X86),\n",
        """    Row(
        replace(
            _X86,
            family="k1",
            title="k1",
            pci_root="pcie-root",
            usb=NO_USB,
            watchdog=(Choice("k1-dog"),),
            has=frozenset(("watchdog k1-dog",)),
            chipset=Chipset(own=((0x02, 0, "the K1 bridge"),), kept=(0x02,), express=True),
        ),
        X86,
        names=("k1",),
    ),
""",
    )
    tree.put("domxml/facts/platform.py", '"i6300esb", "ib700"', '"k1-dog", ')
    capabilities = tree.root / "capabilities.json"
    capabilities.write_bytes(msgspec.json.encode(msgspec.structs.replace(capabilities_for("x86_64"), machines=())))
    known = ("--capabilities", str(capabilities))
    complete = tree.assign(tree.document("k1.xml", DISK, machine="x86_64 k1"), *known)
    assert [each["model"] for each in tree.devices(complete, "watchdog")] == ["k1-dog"]
    assert len(places(tree.devices(complete, "disk"))) == 1
    assert "the K1 bridge" in tree.run("show", *known, complete)
    refused = tree.document("other.xml", "<watchdog model='k1-dog'/>")
    assert "k1 machines only" in tree.run("assign", refused, code=1)
    taken = DISK.replace("</disk>", "<address type='pci' bus='0' slot='2' function='0'/></disk>")
    taken_by = tree.document("taken.xml", taken, machine="x86_64 k1")
    assert "the K1 bridge" in tree.run("assign", *known, taken_by, code=1)


def test_tunable(tree: Tree) -> None:
    words = 'Literal["port", "bus-0"]'
    row = 'Tunable(meaning="where the balloon goes", where="the memory balloon")'
    tree.put("model/policy.py", "    packing: Annotated[", f'    balloon_place: Annotated[{words}, {row}] = "port"\n')
    tree.put("model/policy.py", "    packing: Packing | None = None", f"    balloon_place: {words} | None = None\n")
    assert tree.python("rng/generate.py").returncode == 0
    assert "balloon-place" in tree.run("hints")
    policy = (
        "<metadata><devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' version='1' balloon-place='{}'/></metadata>"
    )
    complete = tree.assign(tree.document("a.xml", DISK, policy.format("bus-0")))
    assert json.loads(tree.run("model", complete))["policy"]["balloon-place"] == "bus-0"
    assert "balloon-place" in tree.run("assign", tree.document("b.xml", DISK, policy.format("odd")), code=1)


def test_kind_of_bus(tree: Tree) -> None:
    """A bus of its own, with a kind of device that is on it."""
    tree.put(
        "model/address.py",
        "Address = (",
        'class RailAddress(msgspec.Struct, frozen=True, gc=False, tag="rail", tag_field="type"):\n'
        "    stop: int\n\n"
        "    def __str__(self) -> str:\n"
        '        return f"stop {self.stop}"\n\n\n',
    )
    tree.put("model/address.py", "    | UnassignedAddress\n)", "    | RailAddress\n")
    file = "domxml/addresses.py"
    tree.put(file, '    "ccid": _read_ccid,', '    "rail": lambda given: RailAddress(given.number("stop", decimal)),\n')
    spelling = '{"type": "rail", "stop": str(address.stop)}'
    tree.put(file, "    CcidAddress: _spell_ccid,", f"    RailAddress: lambda address: {spelling},\n")
    tree.put(file, '    "ccid": ("controller", "slot"),', '    "rail": ("stop",),\n')
    tree.put(file, "    CcidAddress,\n", "    RailAddress,\n")
    tree.write(
        "buses/rail.py",
        "from devaddr_xml.buses.places import NumberedPlaces\n\n\ndef stops():\n    return NumberedPlaces(0, 7)\n",
    )
    tree.write(
        "engine/place/rail.py",
        """from devaddr_xml.buses.rail import stops
from devaddr_xml.model.address import RailAddress
from devaddr_xml.model.device import Pstore
from devaddr_xml.model.events import Rule


def place_on_rail(state):
    \"\"\"Give every persistent store a stop.\"\"\"
    free = iter(range(8))
    taken = {device.address.stop for device in state.of(Pstore) if isinstance(device.address, RailAddress)}
    for device in state.of(Pstore):
        if device.address is None:
            device.address = RailAddress(next(stop for stop in free if stop not in taken))
            state.journal.note(device, device.address, Rule.LOWEST_STOP)
""",
    )
    tree.put("engine/plan.py", "    choose_transport,\n    resolve_hints", "    place_on_rail,\n")
    tree.put(
        "engine/plan.py",
        "from devaddr_xml.engine.state import State",
        "from devaddr_xml.engine.place.rail import place_on_rail\n",
    )
    tree.put("model/events.py", "    FLOPPY_BUS = auto()", "    LOWEST_STOP = auto()\n")
    tree.put("views/explain.py", "    Rule.GIVEN: ", '    Rule.LOWEST_STOP: "lowest free stop",\n')
    rows = tree.root / "devaddr_xml/model/kind_rows.py"
    before, after = rows.read_text().split("device=devices.Pstore")
    after = after.replace("most=1", "most=2", 1).replace("pci_turn=19,", "", 1)
    rows.write_text(before + "device=devices.Pstore" + after.replace('{"*": "pci none"}', '{"*": "rail"}', 1))
    store = "<pstore backend='acpi-erst'><path>/x</path><size unit='KiB'>8</size>{}</pstore>"
    complete = check_two(tree, store.format(""), "pstore", "rail")
    assert "type='rail' stop='1'" in complete.read_text()
    wrong = store.format("<address type='pci' bus='0' slot='9'/>")
    assert "takes rail only" in tree.run("assign", tree.document("wrong.xml", wrong), code=1)


def test_output_form(tree: Tree) -> None:
    tree.put(
        "views/forms.py", '    "dot": Form(', '    "count": Form("devaddr_xml.views.count", "as_count", (".count",)),\n'
    )
    tree.write("views/count.py", "def as_count(layouts, titles=()):\n    return f'{len(layouts)} layouts\\n'\n")
    document = tree.document("a.xml", DISK)
    assert tree.run("show", "--format", "count", document) == "1 layouts\n"
    assert "count" in tree.run("show", "--help")


def test_change_of_libvirt(tree: Tree) -> None:
    """A question with a new answer, and a word that only a new release knows."""
    tree.put(
        "rules/libvirt.py",
        '    Row(\n        (9, 1, 0), "several_watchdogs"',
        '    Row((99, 0, 0), "chipset_watchdog", False, "a test"),\n',
    )
    document = tree.document("a.xml", DISK)
    assert 'model="itco"' in re.sub("'", '"', tree.run("assign", document))
    newer = tree.run("assign", "--libvirt-version", "99.0.0", document)
    assert "itco" not in newer


def test_command(tree: Tree) -> None:
    tree.put("cli/group.py", '    "probe": Entry(', '    "greet": Entry("devaddr_xml.cli.greet", "Say hello."),\n')
    tree.write(
        "cli/greet.py", 'import click\n\n\n@click.command("greet")\ndef command() -> None:\n    click.echo("hello")\n'
    )
    assert tree.run("greet") == "hello\n"
    assert "Say hello." in tree.run("--help")


@pytest.mark.parametrize(
    "recipe", re.findall(r"\| a \*\*(.*?)\*\*", (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text())
)
def test_every_recipe_is_followed(recipe: str) -> None:
    names = {name.removeprefix("test_").replace("_", " ") for name in globals() if name.startswith("test_")}
    assert recipe in names
