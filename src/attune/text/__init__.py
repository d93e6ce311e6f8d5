"""Text forms: display text to spoken words, and spoken words back to display text."""

from .display_model import DisplayModel
from .formatter import Display, DisplayToken, Formatter
from .inverse import WrittenToken
from .inverse_english import inverse_normalize
from .normalization import explain, normalize
from .rules import Change

__all__ = [
    "Change",
    "Display",
    "DisplayModel",
    "DisplayToken",
    "Formatter",
    "WrittenToken",
    "explain",
    "inverse_normalize",
    "normalize",
]
