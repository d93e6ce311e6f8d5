"""The keywords that Wyoming's clients can ask for, and what they are called."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from attune.bundle import Bundle
from attune.errors import InputError
from attune.keyword.keyword_graph import read_graph
from attune.service import Service
from attune.service.access import Principal
from attune.service.errors import NotFound

__all__ = ["MOST_MODELS", "Keywords", "OfferedKeyword"]

MOST_MODELS = 8
"""Keyword models that listen to one stream; each takes a place among the service's streams."""

_ID_LETTERS = 8


@dataclass(frozen=True, slots=True)
class OfferedKeyword:
    """A phrase of a keyword model; `name` is what clients call it, and no other's."""

    name: str
    phrase: str
    model_id: str
    model_name: str
    language: str
    bundle_hash: str


class Keywords:
    """Finds the keyword models that are ready. May be used by all threads."""

    def __init__(self, service: Service, principal: Principal) -> None:
        self._service, self._principal = service, principal
        self._phrases: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def offered(self) -> list[OfferedKeyword]:
        """Every phrase of every keyword model that succeeded, the newest model first.

        A phrase's name is the phrase with underscores, `hey_atlas`. Where several models have it,
        the newest has that name, and the others add the beginning of their ids.
        """
        found: dict[str, OfferedKeyword] = {}
        served = self._service.recognition.models(self._principal)
        newest_first = sorted(served, key=lambda one: one.created, reverse=True)
        for model in newest_first:
            if model.kind != "keyword" or model.bundle_hash is None:
                continue
            for phrase in self._phrases_of(model.bundle_hash):
                name = re.sub(r"\W+", "_", phrase.lower()).strip("_") or model.id
                if name in found:
                    name = f"{name}_{model.id[:_ID_LETTERS]}"
                found[name] = OfferedKeyword(
                    name, phrase, model.id, model.name, model.language, model.bundle_hash
                )
        return list(found.values())

    def chosen(self, names: Sequence[str] | None) -> list[OfferedKeyword]:
        """The keywords of these names, or of the models with these ids; None for all.

        NotFound for one that there is not, or where there is none at all; InputError for too many
        models at once.
        """
        offered = self.offered()
        wanted = offered
        if names:
            for name in names:
                if not any(name in (one.name, one.model_id) for one in offered):
                    known = ", ".join(one.name for one in offered) or "none"
                    raise NotFound(f"there is no keyword {name[:80]!r}: there is {known}")
            wanted = [one for one in offered if one.name in names or one.model_id in names]
        if not wanted:
            raise NotFound("there is no keyword: create one")
        models = {one.model_id for one in wanted}
        if len(models) > MOST_MODELS:
            raise InputError(
                f"{len(models)} keyword models: at most {MOST_MODELS} are listened for at once: "
                "name those that you want"
            )
        return wanted

    def _phrases_of(self, bundle_hash: str) -> tuple[str, ...]:
        """What a bundle listens for: nothing, for the base that keywords are made from."""
        with self._lock:
            known = self._phrases.get(bundle_hash)
        if known is None:
            bundle = Bundle.open(self._service.store.folder(bundle_hash))
            graph = read_graph(bundle.part_path("keyword_graph"))
            known = tuple(phrase.text for phrase in graph.phrases)
            with self._lock:
                self._phrases[bundle_hash] = known
        return known
