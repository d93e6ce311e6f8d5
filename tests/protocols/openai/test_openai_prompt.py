"""Which words of a prompt are expected: the table is the rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.protocols.openai.prompt import MOST_PHRASES, prompt_phrases
from attune.text import normalize

PROMPTS = [
    # Glossaries: every piece.
    ("", ()),
    ("Kubernetes", ("Kubernetes",)),
    ("ZyntriQix, Digique Plus, CynapseFive", ("ZyntriQix", "Digique Plus", "CynapseFive")),
    ("Glossary: Aimee, Shawn, BBQ.", ("Aimee", "Shawn", "BBQ")),
    ("turn on the light; dim it\nkitchen", ("turn on the light", "dim it", "kitchen")),
    ("Zoë, Zoë, zoë", ("Zoë", "zoë")),
    ("--, 🙂, “”, ...", ()),
    # Prose: names, terms and rare words.
    (
        "The following conversation is a lecture about OpenAI, GPT-4.5 and the future of AI.",
        ("OpenAI", "GPT-4.5", "AI"),
    ),
    (
        "The patient takes metoprolol for his hypertension. I met Doctor Margaret Smith there.",
        ("metoprolol", "hypertension", "Doctor Margaret Smith"),
    ),
    ("Hello, welcome to my lecture. The weather is good today, I think.", ()),
    ("Metoprolol was given at once to the patient, and then she went home.", ("Metoprolol",)),
]


@pytest.mark.parametrize(("prompt", "phrases"), PROMPTS)
def test_prompt_becomes_phrases(prompt: str, phrases: tuple[str, ...]) -> None:
    assert prompt_phrases(prompt, "en-US") == phrases


def test_a_language_that_nothing_is_known_of_has_names_only() -> None:
    prompt = "Nous avons parlé avec Amélie du chiroptère pendant longtemps. Il fait beau."
    assert prompt_phrases(prompt, "fr-FR") == ("Amélie",)


def test_a_long_prompt_is_cut() -> None:
    assert len(prompt_phrases(", ".join(f"word {i}" for i in range(500)), "en-US")) == MOST_PHRASES


@given(st.text())
def test_any_text_gives_phrases_that_can_be_said(prompt: str) -> None:
    for phrase in prompt_phrases(prompt, "en-US"):
        assert normalize(phrase).split()
