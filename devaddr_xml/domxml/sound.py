"""Reading a domain whose devices libvirt would take: what each element must have, and what goes together."""

from __future__ import annotations

from collections.abc import Iterator

from devaddr_xml.domxml.document import Document
from devaddr_xml.domxml.facts.domain import missing_parts, unsound_parts
from devaddr_xml.domxml.facts.judge import refuse_unsound
from devaddr_xml.domxml.facts.relations import doubtful, unrelated
from devaddr_xml.domxml.reader import read
from devaddr_xml.domxml.strays import stray_parts
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.notice import Notice


def read_sound(document: Document) -> Guest:
    """The guest that the document describes, as `read` gives it, and what there is to warn of in its elements.

    Raises the first of `faults`, else DevaddrError as `read` does.
    """
    for fault in faults(document):
        raise fault
    guest = read(document)
    guest.doubts = (*missing_parts(document), *doubts(document))
    return guest


def faults(document: Document) -> Iterator[DevaddrError]:
    """What libvirt refuses of the elements in ``<devices>``: the first fault of each, and what does not go together."""
    elements = [node for part in document.root.children if part.tag == "devices" for node in part.children]
    for node in elements:
        try:
            refuse_unsound(document, node)
        except DevaddrError as error:
            yield error
    yield from unrelated(document, elements)
    yield from unsound_parts(document)


def doubts(document: Document) -> tuple[Notice, ...]:
    """Warnings about elements that nothing reads, and about what only libvirt refuses."""
    elements = [node for part in document.root.children if part.tag == "devices" for node in part.children]
    found = (*stray_parts(document), *doubtful(document, elements))
    if not document.has_qemu_elements:
        return found
    from devaddr_xml.domxml.foreign import foreign_doubts

    return (*found, *foreign_doubts(document))
