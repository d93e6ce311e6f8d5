"""The two errors that every layer raises on purpose.

`InputError` is the caller's to mend (exit code 2 on the command line, 4xx on the API); any other
`AttuneError` is ours (exit code 1, 5xx). Messages name the file, line or field and say what to do.
"""

from __future__ import annotations

__all__ = ["AttuneError", "InputError"]


class AttuneError(Exception):
    """Base of every error that Attune raises on purpose."""


class InputError(AttuneError, ValueError):
    """Something the caller gave cannot be used: the message names it and says what to do."""
