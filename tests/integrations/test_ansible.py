"""The Ansible collection, with the real ansible-core where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import devaddr_xml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "integrations" / "ansible"
ANSIBLE = shutil.which("ansible-playbook") or shutil.which("ansible-playbook", path=str(Path(sys.executable).parent))
DOMAIN = ROOT / "fixtures" / "skeletons" / "q35-web-server.xml"

pytestmark = pytest.mark.skipif(ANSIBLE is None, reason="ansible-core is not installed")

NIC = "<interface type='user'><mac address='52:54:00:aa:bb:cc'/><model type='virtio'/></interface>"


class Controller:
    """A folder with the collection, from which playbooks are run on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        place = folder / "collections" / "ansible_collections" / "devaddr" / "xml"
        place.parent.mkdir(parents=True)
        shutil.copytree(COLLECTION, place)
        self.environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "tmp"),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }

    def play(self, tasks: list[dict[str, Any]], *options: str, code: int = 0) -> str:
        """Run tasks on localhost; the last may register its result, which the playbook writes to result.json."""
        assert ANSIBLE is not None
        play = [
            {
                "hosts": "localhost",
                "connection": "local",
                "gather_facts": False,
                "vars": {"ansible_python_interpreter": sys.executable},
                "tasks": tasks,
            }
        ]
        book = self.folder / "play.yml"
        book.write_text(json.dumps(play))
        done = subprocess.run(
            [ANSIBLE, str(book), *options], capture_output=True, text=True, timeout=120, env=self.environment
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def result(self, options: dict[str, Any], *arguments: str, fails: bool = False) -> dict[str, Any]:
        """What the module returns."""
        out = self.folder / "result.json"
        task = {"devaddr.xml.devaddr_xml": options, "register": "found", "ignore_errors": fails}
        content = "{{ found | to_json }}"
        self.play(
            [task, {"ansible.builtin.copy": {"content": content, "dest": str(out)}, "check_mode": False}], *arguments
        )
        found: dict[str, Any] = json.loads(out.read_text())
        return found


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    return Controller(tmp_path)


def test_a_domain_is_written_once(controller: Controller, tmp_path: Path) -> None:
    """The whole job: assign, again without a change, then a new device that moves nothing."""
    dest = tmp_path / "web.xml"
    text = DOMAIN.read_text()
    options = {"xml": text, "dest": str(dest), "like": str(dest), "profile": "hotplug", "policy": {"spare-ports": 5}}
    first = controller.result(options)
    assert first["changed"] is True
    assert dest.read_text() == first["xml"]
    assert any(device["model"] == "pcie-root-port" for device in first["added"])
    assert controller.result(options)["changed"] is False
    more = {**options, "xml": text.replace("</devices>", f"{NIC}</devices>")}
    before = dest.read_text()
    assert controller.result(more)["changed"] is True
    changes = devaddr_xml.diff(before, dest.read_text()).changes
    assert "moved" not in {change.change for change in changes}
    assert "52:54:00:aa:bb:cc" in {change.ref for change in changes}


def test_check_and_diff_mode_write_nothing(controller: Controller, tmp_path: Path) -> None:
    dest = tmp_path / "web.xml"
    found = controller.result({"src": str(DOMAIN), "dest": str(dest), "mode": "0600"}, "--check", "--diff")
    assert found["changed"] is True
    assert "<address type='pci'" in found["diff"]["after"]
    assert not dest.exists()


def test_the_mode_of_the_file(controller: Controller, tmp_path: Path) -> None:
    dest = tmp_path / "web.xml"
    options = {"src": str(DOMAIN), "dest": str(dest), "mode": "0600"}
    assert controller.result(options)["changed"] is True
    assert dest.stat().st_mode & 0o777 == 0o600
    assert controller.result({**options, "mode": "0640"})["changed"] is True
    assert controller.result({**options, "mode": "0640"})["changed"] is False


def test_another_libvirt(controller: Controller) -> None:
    old = controller.result({"src": str(DOMAIN), "libvirt": "9.0.0", "qemu": "7.2.0"})
    assert "itco" not in old["xml"]
    assert "itco" in controller.result({"src": str(DOMAIN)})["xml"]


def test_a_refusal_has_its_parts(controller: Controller) -> None:
    twice = DOMAIN.read_text().replace(
        "</devices>", "<disk type='file'><target dev='vda' bus='virtio'/></disk></devices>"
    )
    found = controller.result({"xml": twice}, fails=True)
    assert found["failed"] is True
    assert found["error"]["line"] > 1
    assert "vda" in found["msg"]


def test_check(controller: Controller, tmp_path: Path) -> None:
    good = tmp_path / "good.xml"
    good.write_text(devaddr_xml.assign(DOMAIN.read_text()).xml)
    assert controller.result({"action": "check", "src": str(good)})["changed"] is False
    found = controller.result({"action": "check", "xml": "<domain><devices/>"}, fails=True)
    assert found["failed"] is True
    assert found["findings"]


def test_diff(controller: Controller, tmp_path: Path) -> None:
    old = tmp_path / "old.xml"
    old.write_text(devaddr_xml.assign(DOMAIN.read_text()).xml)
    new = devaddr_xml.attach(old.read_text(), NIC).xml
    found = controller.result({"action": "diff", "old": str(old), "xml": new})
    assert found["same"] is False
    assert "52:54:00:aa:bb:cc" in {change["ref"] for change in found["changes"]}
    assert controller.result({"action": "diff", "old": str(old), "src": str(old)})["same"] is True


def test_the_filter(controller: Controller, tmp_path: Path) -> None:
    out = tmp_path / "out.xml"
    controller.environment["ANSIBLE_PYTHON"] = sys.executable
    content = "{{ lookup('ansible.builtin.file', domain, rstrip=false) | devaddr.xml.assign('packed') }}"
    copy = {"ansible.builtin.copy": {"content": content, "dest": str(out)}, "vars": {"domain": str(DOMAIN)}}
    controller.play([copy])
    assert out.read_text() == devaddr_xml.assign(DOMAIN.read_text(), policy="packed").xml


def test_the_documentation(controller: Controller) -> None:
    assert ANSIBLE is not None
    command = [str(Path(ANSIBLE).with_name("ansible-doc")), "--json", "devaddr.xml.devaddr_xml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=controller.environment, check=True)
    page = json.loads(done.stdout)["devaddr.xml.devaddr_xml"]
    assert set(page["doc"]["options"]) >= {"action", "xml", "src", "dest", "like", "old", "policy", "profile"}
    assert page["examples"]
    assert page["return"]
