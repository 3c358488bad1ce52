"""Why a whole batch ends early; what is wrong with one document only is an outcome, not an error."""

from __future__ import annotations

from devaddr_xml.model.errors import DevaddrError


class SourceError(DevaddrError):
    """The source of the documents cannot be read, or is none."""


class WorkersError(DevaddrError):
    """The workers cannot be reached, do not start, are of another version, or were sent or sent back something else."""


class OutputError(DevaddrError):
    """Results cannot be written where they should go."""
