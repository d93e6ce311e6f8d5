"""The seam of text normalisation: a language is a fold, an ordered list of rules, and a word table.

A language's `Rules` turn display text into the lexical form that training, language models and
scoring share. Each rule has a name, so that `Rules.explain` can say which rule changed what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

__all__ = ["Change", "Rule", "Rules"]


@dataclass(frozen=True, slots=True)
class Change:
    """One rewriting: the rule's name, the text it matched and what it put there."""

    rule: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rewriting of every match of `pattern`.

    `needs` lists characters of which the text must contain at least one for the rule to have any
    chance of matching (empty: always tried); it only saves time.
    """

    name: str
    pattern: re.Pattern[str]
    replace: Callable[[re.Match[str]], str]
    needs: str = ""

    def applies(self, text: str) -> bool:
        if not self.needs:
            return True
        for character in self.needs:  # noqa: SIM110 - a generator costs more than the search
            if character in text:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that the normalisation of one language needs.

    `symbols` are the characters of what comes out, the space among them. `fold` maps characters
    to the few that the rules know; `rules` then rewrite in order; `strip`
    makes all letters small or large, drops what is left of punctuation and, where words are
    written without spaces, puts them there; `words` maps single words to their canonical spoken
    form. The composition must be idempotent.

    Most text needs nothing but `strip`: a line that has no match of `special` and no word among
    `cues` (as `strip` writes them) skips the rules, which is what makes normalisation fast.
    """

    language: str
    symbols: Container[str]
    fold: Callable[[str], str]
    rules: tuple[Rule, ...]
    strip: Callable[[str], str]
    words: Mapping[str, str]
    special: re.Pattern[str]
    cues: frozenset[str]

    def normalize(self, text: str) -> str:
        if not self.special.search(text):
            tokens = self.strip(text).split()
            if self.cues.isdisjoint(tokens):
                return " ".join(tokens)
        text = self.fold(text)
        for rule in self.rules:
            if rule.applies(text):
                text = rule.pattern.sub(rule.replace, text)
        return " ".join([self.words.get(token, token) for token in self.strip(text).split()])

    def explain(self, text: str) -> tuple[str, tuple[Change, ...]]:
        """The normalised text and the changes in order, all but case, punctuation and spaces."""
        changes: list[Change] = []

        def note(name: str, before: str, after: str) -> str:
            if before.split() != after.split():
                changes.append(Change(name, before.strip(), after.strip()))
            return after

        folded = self.fold(text)
        before, after = text.split(), folded.split()
        if len(before) == len(after):
            for old, new in zip(before, after, strict=True):
                note("characters", old, new)
        else:
            note("characters", text, folded)
        for rule in self.rules:
            if rule.applies(folded):
                folded = rule.pattern.sub(
                    lambda match, rule=rule: note(  # type: ignore[misc]
                        rule.name, match.group(), rule.replace(match)
                    ),
                    folded,
                )
        tokens = [
            note("word", token, self.words[token]) if token in self.words else token
            for token in self.strip(folded).split()
        ]
        return " ".join(tokens), tuple(changes)
