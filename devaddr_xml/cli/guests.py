"""What the commands that look at a guest read: a domain, a document that holds one, or a neutral guest in JSON."""

from __future__ import annotations

from devaddr_xml.cli.documents import read_documents
from devaddr_xml.cli.failures import REFUSED, Failure, Unreadable
from devaddr_xml.cli.messages import tell_refusal, tell_warning
from devaddr_xml.cli.source import Document
from devaddr_xml.model.errors import DevaddrError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.lock import Lock
from devaddr_xml.model.plan import Plan
from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.guests import read_guest
from devaddr_xml.operations.plan import plan, plan_like
from devaddr_xml.operations.target import Target


class Refused(Failure):
    """A document was read and refused; told as every refusal is."""

    exit_code = REFUSED

    def __init__(self, document: Document, error: DevaddrError) -> None:
        super().__init__(error.explanation)
        self.document = document
        self.error = error

    def show(self) -> None:
        tell_refusal(self.document, self.error)


def one_document(path: str) -> Document:
    """The one document in a file or, for ``-``, on standard input; raises Unreadable."""
    documents = read_documents(path)
    if len(documents) != 1:
        raise Unreadable(f"{documents[0].name} holds {len(documents)} documents; this command takes one")
    return documents[0]


def load_guest(path: str) -> tuple[Document, Guest]:
    """The one guest in a file or, for ``-``, on standard input, as it stands; raises Unreadable or Refused."""
    document = one_document(path)
    try:
        return document, read_guest(document.data)
    except DevaddrError as error:
        raise Refused(document, error) from error


def as_json(guest: Guest) -> str:
    """A guest as JSON for people and programs."""
    import msgspec

    return msgspec.json.format(guest.to_json(), indent=2) + "\n"


def load_plan(
    path: str,
    target: Target,
    policy: Policy | None = None,
    quiet: bool = False,
    thorough: bool = False,
    *,
    earlier: Lock | None = None,
    if_possible: bool = False,
) -> tuple[Document, Plan]:
    """The guest in a file with every address; for a complete document that is the document itself.

    earlier: a layout whose devices keep their places; if_possible: or get another one with a warning.
    """
    document, guest = load_guest(path)
    try:
        if earlier is None:
            made = plan(guest, policy, target, thorough)
        else:
            made = plan_like(guest, earlier, policy, target, if_possible=if_possible, thorough=thorough).plan
    except DevaddrError as error:
        raise Refused(document, error) from error
    if not quiet:
        for notice in made.warnings:
            tell_warning(document, notice)
    return document, made
