"""Policies that stand in a file of their own: XML whose root is the policy element, or JSON."""

from __future__ import annotations

import re

import msgspec

from devaddr_xml.domxml.document import BLANK, parse
from devaddr_xml.domxml.encoding import decode
from devaddr_xml.domxml.hints import POLICY_TAG, read_policy
from devaddr_xml.model.lines import SourceLine
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.policy_json import LISTS, policy_from_json
from devaddr_xml.model.validate import validate_policy
from devaddr_xml.model.vocabulary import PREFIX


def read_policy_file(data: str | bytes, name: str | None = None) -> Policy:
    """Read a policy from XML or JSON, whichever it is.

    name: of the file, which messages about its lines then say. Raises DocumentError when it is neither, HintError when
    it says something that the vocabulary does not have.
    """
    text = decode(data)
    if not text.lstrip(BLANK).startswith("<"):
        policy = policy_from_json(text)
        return policy if name is None else _of_file(_with_lines(policy, text), name)
    document = parse(text, POLICY_TAG, f"policy (<{PREFIX}:policy>, with its namespace)")
    policy = read_policy(document, document.root)
    validate_policy(policy)
    return policy if name is None else _of_file(policy, name)


def _of_file(policy: Policy, name: str) -> Policy:
    """The policy with lines that know their file."""
    replace = msgspec.structs.replace
    spares = [replace(spare, line=SourceLine(spare.line, name) if spare.line else None) for spare in policy.spares]
    entries = [replace(entry, line=SourceLine(entry.line, name) if entry.line else None) for entry in policy.devices]
    line = SourceLine(policy.line, name) if policy.line else None
    return replace(policy, line=line, spares=tuple(spares), devices=tuple(entries))


def _with_lines(policy: Policy, text: str) -> Policy:
    """A policy from JSON with the lines of its spares and devices."""
    replace = msgspec.structs.replace
    lines = {name: objects_of_member(text, name) for name in LISTS}
    spares = [replace(spare, line=line) for spare, line in zip(policy.spares, lines["spares"], strict=False)]
    devices = [replace(entry, line=line) for entry, line in zip(policy.devices, lines["devices"], strict=False)]
    return replace(policy, spares=tuple(spares), devices=tuple(devices))


#: What tells where the members and objects of JSON begin and end.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]')
_COLON = re.compile(r"\s*:")


def objects_of_member(text: str, name: str) -> list[int]:
    """The line, from 1, of each object in the list that a member of the outermost object of valid JSON is."""
    found: list[int] = []
    depth = 0
    member = ""
    line, counted = 1, 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word in "{[":
            depth += 1
            if word == "{" and depth == 3 and member == name:
                line, counted = line + text.count("\n", counted, token.start()), token.start()
                found.append(line)
        elif word in "]}":
            depth -= 1
        elif depth == 1 and _COLON.match(text, token.end()):
            member = str(msgspec.json.decode(word))
    return found
