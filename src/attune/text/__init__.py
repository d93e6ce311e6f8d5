"""Text forms: display text to spoken words, and spoken words back to display text."""

from .display_model import DisplayModel
from .display_rules import PROFANITY_MODES, DisplayRules, ProfanityMode, Rewriting
from .display_rules_file import DISPLAY_SECTIONS, RuleFault, read_display_rules
from .formatter import Display, DisplayToken, Formatter
from .inverse import WrittenToken
from .inverse_normalization import inverse_normalize
from .normalization import explain, normal_symbols, normalize
from .rules import Change

__all__ = [
    "DISPLAY_SECTIONS",
    "PROFANITY_MODES",
    "Change",
    "Display",
    "DisplayModel",
    "DisplayRules",
    "DisplayToken",
    "Formatter",
    "ProfanityMode",
    "Rewriting",
    "RuleFault",
    "WrittenToken",
    "explain",
    "inverse_normalize",
    "normal_symbols",
    "normalize",
    "read_display_rules",
]
