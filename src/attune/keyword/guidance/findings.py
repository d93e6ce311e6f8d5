"""What is said about a phrase before a keyword is made of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing about a phrase: `error` refuses it, `warning` advises against it, `note` tells.

    `code` names the rule, `message` says what is the matter, `suggestion` what to do ("" when
    nothing needs doing).
    """

    code: str
    severity: Severity
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.message}: {self.suggestion}" if self.suggestion else self.message

    def to_json(self) -> dict[str, Any]:
        """For `--json`: the fields by their names."""
        return asdict(self)
