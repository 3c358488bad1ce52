"""Policies that stand in a file of their own: XML whose root is the policy element, or JSON."""

from __future__ import annotations

from devaddr_xml.domxml.document import BLANK, parse
from devaddr_xml.domxml.encoding import decode
from devaddr_xml.domxml.hints import POLICY_TAG, read_policy
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.policy_json import policy_from_json
from devaddr_xml.model.validate import validate_policy
from devaddr_xml.model.vocabulary import PREFIX


def read_policy_file(data: str | bytes) -> Policy:
    """Read a policy from XML or JSON, whichever it is.

    Raises DocumentError when it is neither, HintError when it says something that the vocabulary does not have.
    """
    text = decode(data)
    if not text.lstrip(BLANK).startswith("<"):
        return policy_from_json(text)
    document = parse(text, POLICY_TAG, f"policy (<{PREFIX}:policy>, with its namespace)")
    policy = read_policy(document, document.root)
    validate_policy(policy)
    return policy
