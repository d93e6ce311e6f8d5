"""Text forms: display text to spoken words, and spoken words back to display text."""

from .inverse import WrittenToken
from .inverse_english import inverse_normalize
from .normalization import explain, normalize
from .rules import Change

__all__ = ["Change", "WrittenToken", "explain", "inverse_normalize", "normalize"]
