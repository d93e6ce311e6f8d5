"""Texts as somebody writes them: what is wrong with each line, and what will be made of them."""

from attune.service.texts.previewing import Preview, preview
from attune.service.texts.validating import TextCheck, TextProblem, validate

__all__ = ["Preview", "TextCheck", "TextProblem", "preview", "validate"]
