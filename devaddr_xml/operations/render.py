"""A neutral guest as a domain document."""

from __future__ import annotations

from devaddr_xml.domxml.render import render as write_domain
from devaddr_xml.model.guest import Guest
from devaddr_xml.operations.guests import read_guest


def render(guest: str | bytes | Guest, template: str | bytes | None = None) -> str:
    """The guest as domain XML, written into ``template`` where there is one; raises DevaddrError."""
    return write_domain(read_guest(guest), template)
