"""Making a recogniser one's own: its words, its language, its pronunciations."""

from attune.customize.domain_text import DomainText, read_domain_text
from attune.customize.language_adaptation import LanguageAdaptation, adapt_language
from attune.customize.language_report import LanguageAdaptationReport
from attune.customize.mixing import DomainMixture, mix_with_domain
from attune.customize.pronunciation_adaptation import (
    PronunciationAdaptation,
    PronunciationReport,
    adapt_pronunciations,
)
from attune.customize.pronunciation_learning import Candidate, Recording, learn_pronunciation
from attune.customize.terms import Terms

__all__ = [
    "Candidate",
    "DomainMixture",
    "DomainText",
    "LanguageAdaptation",
    "LanguageAdaptationReport",
    "PronunciationAdaptation",
    "PronunciationReport",
    "Recording",
    "Terms",
    "adapt_language",
    "adapt_pronunciations",
    "learn_pronunciation",
    "mix_with_domain",
    "read_domain_text",
]
