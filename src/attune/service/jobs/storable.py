"""Values as every database takes them: JSON without numbers that are none, text without NUL."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["storable"]


def storable(value: Any) -> Any:
    """A JSON value with None for infinity and NaN, and texts without NUL."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {str(name): storable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
