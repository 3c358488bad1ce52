"""Files that other programs read: Kubernetes, editors, containers, packages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from lxml import etree

import devaddr_xml

ROOT = Path(__file__).resolve().parents[2]
INTEGRATIONS = ROOT / "integrations"


def test_the_policy_of_the_kustomization_is_one() -> None:
    policy = (INTEGRATIONS / "kubernetes" / "policy.json").read_text()
    assert devaddr_xml.policy_from_json(policy).profile == "hotplug"


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_puts_the_policy_into_the_machine() -> None:
    command = ["kubectl", "kustomize", str(INTEGRATIONS / "kubernetes")]
    built = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    machine = next(item for item in yaml.safe_load_all(built) if item["kind"] == "VirtualMachine")
    annotations = machine["spec"]["template"]["metadata"]["annotations"]
    assert json.loads(annotations["devaddr-xml/policy"])["profile"] == "hotplug"
    assert json.loads(annotations["hooks.kubevirt.io/hookSidecars"])[0]["image"].endswith("devaddr-xml-sidecar")


def test_the_catalogue_leads_to_files() -> None:
    catalogue = INTEGRATIONS / "editors" / "catalog.xml"
    places = etree.parse(catalogue).xpath("//@uri")
    assert places
    assert all((catalogue.parent / place).is_file() for place in places)


def test_the_image_has_what_the_package_needs() -> None:
    """Everything that the build of the wheel reads is in the context of the image."""
    context = set(re.findall(r"^!(.+)$", (ROOT / ".containerignore").read_text(), re.MULTILINE))
    assert {"devaddr_xml", "rng", "share", "pyproject.toml", "README.md", "LICENSE"} <= context
    text = (INTEGRATIONS / "container" / "Containerfile").read_text()
    assert re.search(r"^USER (?!0|root)", text, re.MULTILINE)


def test_packages_have_the_version() -> None:
    """The packages that are built are those of this version."""
    spec = (ROOT / "packaging" / "rpm" / "devaddr-xml.spec").read_text()
    changelog = (ROOT / "packaging" / "debian" / "changelog").read_text()
    assert re.search(r"^Version: +(\S+)$", spec, re.MULTILINE)[1] == devaddr_xml.__version__  # type: ignore[index]
    assert re.match(r"devaddr-xml \((.+)-\d+\)", changelog)[1] == devaddr_xml.__version__  # type: ignore[index]
