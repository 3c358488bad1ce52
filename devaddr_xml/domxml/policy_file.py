"""Policies that stand in a file of their own: XML whose root is the policy element, or JSON."""

from __future__ import annotations

import msgspec

from devaddr_xml.domxml.document import BLANK, parse
from devaddr_xml.domxml.encoding import decode
from devaddr_xml.domxml.hints import POLICY_TAG, read_policy
from devaddr_xml.model.lines import SourceLine
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.policy_json import policy_from_json
from devaddr_xml.model.validate import validate_policy
from devaddr_xml.model.vocabulary import PREFIX


def read_policy_file(data: str | bytes, name: str | None = None) -> Policy:
    """Read a policy from XML or JSON, whichever it is.

    name: of the file, which messages about its lines then say. Raises DocumentError when it is neither, HintError when
    it says something that the vocabulary does not have.
    """
    text = decode(data)
    if not text.lstrip(BLANK).startswith("<"):
        return policy_from_json(text)
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
