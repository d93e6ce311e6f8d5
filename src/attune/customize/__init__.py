"""Making a recogniser one's own: its words, its language, its pronunciations."""

from attune.customize.domain_text import DomainText, read_domain_text
from attune.customize.language_adaptation import (
    LanguageAdaptation,
    LanguageAdaptationReport,
    adapt_language,
)
from attune.customize.mixing import DomainMixture, mix_with_domain

__all__ = [
    "DomainMixture",
    "DomainText",
    "LanguageAdaptation",
    "LanguageAdaptationReport",
    "adapt_language",
    "mix_with_domain",
    "read_domain_text",
]
