"""A policy in a file of its own: XML whose root is ``devaddr:policy``, or JSON."""

from __future__ import annotations

from devaddr_xml.domxml.document import BLANK, parse
from devaddr_xml.domxml.hinted import POLICY_TAG, read_policy
from devaddr_xml.model.policy import Policy
from devaddr_xml.model.policy_json import policy_from_json
from devaddr_xml.model.validate import validate_policy


def read_policy_file(content: bytes) -> Policy:
    """The policy that the content of a file says, in either form.

    Raises HintError for what the vocabulary does not have, and DocumentError for what is no policy.
    """
    if content.lstrip(BLANK.encode()).startswith(b"{"):
        return policy_from_json(content)
    document = parse(content, POLICY_TAG, "policy")
    policy = read_policy(document, document.root)
    validate_policy(policy)
    return policy
