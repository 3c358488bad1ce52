"""Editing: a document that a person has changed keeps the layout that it had before."""

from __future__ import annotations

from devaddr_xml.model.policy import Policy
from devaddr_xml.operations.assign import Assignment, assign_like
from devaddr_xml.operations.diff import diff
from devaddr_xml.operations.earlier import read_earlier
from devaddr_xml.operations.target import NEWEST, Target
from devaddr_xml.views.diff import Diff


class Edit(Assignment, frozen=True, kw_only=True):
    """A domain after it was edited. diff: what the guest notices of the edit."""

    diff: Diff = Diff()


def edit(before: str | bytes, after: str | bytes, policy: Policy | None = None, target: Target = NEWEST) -> Edit:
    """Complete a domain that was edited so that what is in both stays; raises DevaddrError."""
    found = assign_like(after, read_earlier(before), policy, target)
    fields = {name: getattr(found, name) for name in found.__struct_fields__}
    return Edit(**fields, diff=diff(before, found.xml))
