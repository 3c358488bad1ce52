"""What the public functions take: text or a path, a policy or the name of a profile, one reference or several."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal

from devaddr_xml.model.capabilities import Capabilities
from devaddr_xml.model.errors import DevaddrError, DocumentError, HintError
from devaddr_xml.model.guest import Guest
from devaddr_xml.model.host import HostFacts
from devaddr_xml.model.lines import SourceLine
from devaddr_xml.model.lock import Lock
from devaddr_xml.model.policy import PROFILES, DeviceHints, Policy, Spare
from devaddr_xml.model.validate import suggestion
from devaddr_xml.operations.earlier import read_earlier
from devaddr_xml.operations.target import Target

#: A document: its text, or the path of its file.
Source = str | bytes | os.PathLike[str]
#: A policy, the name of a profile, or the path of a policy file.
PolicySource = Policy | str | os.PathLike[str]
#: An earlier layout: a guest, a lock, or a document that holds one.
Layout = Source | Guest | Lock
#: One reference of the hint vocabulary, or several.
References = str | Iterable[str]

_DOCUMENT = "XML as str or bytes, or a path (os.PathLike)"


def document(source: Source, name: str = "xml") -> str | bytes:
    """The text of a document, read from its file where a path is given.

    Raises TypeError for anything else, DocumentError for a file that cannot be read.
    """
    if isinstance(source, str | bytes):
        if isinstance(source, str) and source.strip() and source.lstrip()[0] not in "<{[" and "<" not in source:
            raise DocumentError(
                f"{name} is not a document: {source[:60]!r}", remedy="Pass the name of a file as pathlib.Path"
            )
        return source
    if isinstance(source, os.PathLike):
        try:
            with open(source, "rb") as file:
                return file.read()
        except OSError as error:
            raise DocumentError(f"{os.fspath(source)} cannot be read: {error.strerror}") from error
    raise _wrong(name, source, _DOCUMENT)


def documents(sources: Source | Iterable[Source], name: str) -> list[tuple[str, str | bytes]]:
    """One document or several, each with a name for messages."""
    if isinstance(sources, str | bytes | os.PathLike):
        sources = [sources]
    if not isinstance(sources, Iterable):
        raise _wrong(name, sources, f"{_DOCUMENT}, or several of these")
    return [
        (os.fspath(one) if isinstance(one, os.PathLike) else f"device document {number}", document(one, name))
        for number, one in enumerate(sources, 1)
    ]


def guest(source: Source | Guest, name: str = "domain") -> str | bytes | Guest:
    """A guest as it is, or the text of a document that holds one."""
    if isinstance(source, Guest):
        return source
    if not isinstance(source, str | bytes | os.PathLike):
        raise _wrong(name, source, f"a Guest, {_DOCUMENT}")
    return document(source, name)


def only_guest(source: Guest) -> Guest:
    """A guest; raises TypeError for anything else."""
    if not isinstance(source, Guest):
        raise _wrong("guest", source, "a Guest; read_guest makes one of a document")
    return source


def policy(source: PolicySource | None) -> Policy | None:
    """A policy, from the name of a profile or a policy file where one is given.

    Raises TypeError for anything else, HintError for a name that no profile has.
    """
    if isinstance(source, Policy):
        _check_entries("policy.devices", source.devices, DeviceHints)
        _check_entries("policy.spares", source.spares, Spare)
    if source is None or isinstance(source, Policy):
        return source
    if isinstance(source, str):
        for name in PROFILES:
            if name == source:
                return Policy(profile=name)
        raise HintError(f'there is no profile "{source[:60]}"', remedy=suggestion(source, PROFILES))
    if isinstance(source, os.PathLike):
        from devaddr_xml.domxml.policy_file import read_policy_file

        path = os.fspath(source)
        try:
            return read_policy_file(_bytes(document(source, "policy")), path)
        except DevaddrError as error:
            if error.line:
                error.line = SourceLine(error.line, path)
            raise
    raise _wrong("policy", source, f"a Policy, the name of a profile ({', '.join(PROFILES)}), or the path of a file")


def _check_entries(name: str, given: object, kind: type) -> None:
    if not isinstance(given, tuple | list):
        raise _wrong(name, given, f"a tuple of {kind.__name__}")
    for entry in given:
        if not isinstance(entry, kind):
            raise _wrong(name, entry, f"{kind.__name__} in a tuple")


def machine(name: str) -> str:
    """The name of a machine; raises TypeError for anything else."""
    if not isinstance(name, str):
        raise _wrong("machine", name, "the name of a machine, such as 'q35'")
    return name


def target(capabilities: Capabilities | os.PathLike[str] | None, host: HostFacts | os.PathLike[str] | None) -> Target:
    """The target of capabilities and host facts, each given or the path of a file as the probe writes it."""
    if isinstance(capabilities, os.PathLike) or isinstance(host, os.PathLike):
        from devaddr_xml.probe.snapshot import load_capabilities, load_host_facts

        if isinstance(capabilities, os.PathLike):
            capabilities = load_capabilities(os.fspath(capabilities))
        if isinstance(host, os.PathLike):
            host = load_host_facts(os.fspath(host))
    if capabilities is not None and not isinstance(capabilities, Capabilities):
        raise _wrong("capabilities", capabilities, "Capabilities (known_capabilities gives them), or a path")
    if host is not None and not isinstance(host, HostFacts):
        raise _wrong("host", host, "HostFacts, or the path of a file")
    return Target(capabilities, host)


def earlier(layout: Layout) -> Lock:
    """An earlier layout: a lock file, or what a guest had; raises DevaddrError."""
    if not isinstance(layout, Guest | Lock | str | bytes | os.PathLike):
        raise _wrong("like", layout, f"a Guest, a Lock, {_DOCUMENT}")
    return read_earlier(layout if isinstance(layout, Guest | Lock) else document(layout, "like"))


def references(refs: References, name: str = "refs") -> tuple[str, ...]:
    """One reference or several, as a tuple."""
    if isinstance(refs, str):
        return (refs,)
    if isinstance(refs, bytes) or not isinstance(refs, Iterable):
        raise _wrong(name, refs, "a reference such as 'vda', or several")
    found = tuple(refs)
    for ref in found:
        if not isinstance(ref, str):
            raise _wrong(name, ref, "references as str")
    return found


def kept(keep: Literal["all", "none"] | References) -> tuple[str, ...] | None:
    """What a migration keeps: None for all devices, else the references of those that stay."""
    if keep == "all":
        return None
    return () if keep == "none" else references(keep, "keep")


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _wrong(name: str, value: object, taken: str) -> TypeError:
    return TypeError(f"{name} is of type {type(value).__name__}; it takes {taken}")
