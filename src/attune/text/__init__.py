"""Text forms: display text to spoken words, and spoken words back to display text."""

from .normalization import explain, normalize
from .rules import Change

__all__ = ["Change", "explain", "normalize"]
