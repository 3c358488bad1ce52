"""A domain is defined as it was planned, or as it was before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live.adapt import adapted

from devaddr_xml import DefinitionChanged, Policy, define, diff

INACTIVE = 2
NAME = "devaddr-define"
SKELETON = Path(__file__).resolve().parents[2] / "fixtures" / "skeletons" / "q35-web-server.xml"


@pytest.fixture
def xml(connection: Any) -> Iterator[str]:
    """A domain under a name that is free before and after."""
    yield adapted(SKELETON.read_text()).replace("web-server</name>", f"{NAME}</name>")
    for domain in connection.listAllDomains():
        if domain.name() == NAME:
            domain.undefine()


def names(connection: Any) -> list[str]:
    return [domain.name() for domain in connection.listAllDomains()]


@pytest.mark.parametrize("profile", ["libvirt", "hotplug", "packed", "integrated"])
def test_defined_as_planned(connection: Any, xml: str, profile: str) -> None:
    domain = define(connection, xml, policy=Policy(profile=profile))
    assert domain.name() == NAME
    before = domain.XMLDesc(INACTIVE)
    again = define(connection, before)
    assert diff(before, again.XMLDesc(INACTIVE)).same


class Meddling:
    """A connection to a libvirt that, the first time, has an opinion of its own."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.has_meddled = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def defineXML(self, text: str) -> Any:  # noqa: N802
        if not self.has_meddled:
            self.has_meddled = True
            text = re.sub("<rng.*</rng>", "", text, flags=re.DOTALL)
        return self.connection.defineXML(text)


def test_what_libvirt_changes_is_undone(connection: Any, xml: str) -> None:
    with pytest.raises(DefinitionChanged, match="rng virtio was removed"):
        define(Meddling(connection), xml)
    assert NAME not in names(connection)
    kept = define(connection, xml, policy=Policy(profile="packed")).XMLDesc(INACTIVE)
    identifier = kept[kept.index("<uuid>") : kept.index("</uuid>")] + "</uuid>"
    with pytest.raises(DefinitionChanged):
        define(Meddling(connection), xml.replace("<name>", f"{identifier}<name>"))
    assert connection.lookupByName(NAME).XMLDesc(INACTIVE) == kept
