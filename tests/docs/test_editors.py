"""The grammars for editors, found by the XML catalogue."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from docs.markdown import REPOSITORY
from lxml import etree

CATALOGUE = REPOSITORY / "integrations" / "editors" / "catalog.xml"
XMLLINT = shutil.which("xmllint")


def test_every_grammar_is_one() -> None:
    for entry in etree.parse(CATALOGUE).getroot().iterchildren("{*}uri"):
        path = CATALOGUE.parent / str(entry.get("uri"))
        tree = etree.parse(path)
        if path.suffix == ".xsd":
            etree.XMLSchema(tree)
        elif path.name == "hints.rng":  # the other one includes libvirt's grammar, which libvirt installs
            etree.RelaxNG(tree)


@pytest.mark.skipif(XMLLINT is None, reason="xmllint is not installed")
@pytest.mark.parametrize(("attribute", "code"), [("spare-ports='2'", 0), ("spare-prots='2'", 3)])
def test_xmllint_finds_the_grammar_by_its_name(attribute: str, code: int, tmp_path: Path) -> None:
    policy = tmp_path / "policy.xml"
    policy.write_text(f"<devaddr:policy xmlns:devaddr='urn:devaddr-xml:hints:1' {attribute}/>")
    assert XMLLINT is not None
    line = [XMLLINT, "--noout", "--relaxng", "urn:devaddr-xml:hints:1", str(policy)]
    environment = {**os.environ, "XML_CATALOG_FILES": str(CATALOGUE)}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
