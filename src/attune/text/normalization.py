"""The one text normaliser: what training, language models and scoring do to every transcript."""

from __future__ import annotations

from attune.errors import InputError

from .rules import Change, Rules

__all__ = ["explain", "normalize"]


def _english() -> Rules:
    # Imported when it is used: hundreds of patterns to compile, which recognition does without.
    from .english import ENGLISH

    return ENGLISH


_LANGUAGES = {"en-US": _english}


def _rules(language: str) -> Rules:
    try:
        return _LANGUAGES[language]()
    except KeyError:
        known = ", ".join(sorted(_LANGUAGES))
        raise InputError(
            f"no text normalisation for language {language!r}: use one of {known}"
        ) from None


def normalize(text: str, language: str = "en-US") -> str:
    """Lexical form of `text`: what is said, in lower case, words separated by one space.

    Idempotent. For en-US the output holds only `a`-`z`, space and word-internal straight
    apostrophes. Raises `InputError` for a language without rules.
    """
    return _rules(language).normalize(text)


def explain(text: str, language: str = "en-US") -> tuple[str, tuple[Change, ...]]:
    """`normalize(text)` and the named changes that led to it, in order of application."""
    return _rules(language).explain(text)
