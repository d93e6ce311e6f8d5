"""What clients call endpoints and models that they cannot pick from a list of ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attune.service.recognition import ServedModel

__all__ = ["find_recognizer", "first_of_language", "named_recognizers", "same_language"]


def named_recognizers(served: Iterable[ServedModel]) -> list[tuple[str, ServedModel]]:
    """What recognises speech, each with a name that no other has.

    It is its own name where that is free, else its id: a name belongs to endpoints before models,
    to the oldest endpoint, and to the newest model. So nobody loses a name to a new endpoint.
    """
    served = list(served)
    endpoints = sorted(
        (one for one in served if one.kind == "endpoint"), key=lambda one: one.created
    )
    models = sorted(
        (one for one in served if one.kind == "recognizer"),
        key=lambda one: one.created,
        reverse=True,
    )
    taken: dict[str, ServedModel] = {}
    for one in (*endpoints, *models):
        taken.setdefault(one.name, one)
        if taken[one.name] is not one:
            taken[one.id] = one
    return list(taken.items())


def find_recognizer(served: Iterable[ServedModel], name: str) -> ServedModel | None:
    """The endpoint or model with this id or, else, this name; None where there is none."""
    named = named_recognizers(served)
    return next((one for _, one in named if one.id == name), dict(named).get(name))


def first_of_language(served: Sequence[ServedModel], language: str | None) -> ServedModel | None:
    """For a client that names none: the oldest endpoint of the language, or the newest base model;
    `language` None takes any."""
    for _, one in named_recognizers(served):
        base = one.kind == "recognizer" and one.project_id is None
        fits = language is None or same_language(one.language, language)
        if fits and (one.kind == "endpoint" or base):
            return one
    return None


def same_language(one: str, other: str) -> bool:
    """Whether tags such as en-US, en_us and en say the same, as far as both say it."""
    first, second = (tag.replace("_", "-").lower().split("-") for tag in (one, other))
    shared = min(len(first), len(second))
    return first[:shared] == second[:shared]
