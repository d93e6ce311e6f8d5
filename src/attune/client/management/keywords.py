"""Keywords: judged, spoken, made, taken to devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from attune.client.exchange import Exchange, Request, exchange, listing
from attune.client.management.details import PhraseCurve
from attune.client.management.reading import OWN, Identified, given, id_of, reference
from attune.client.management.records import Keyword

__all__ = ["KeywordCalls"]


class KeywordCalls:
    """What can be done with keywords."""

    @exchange
    def keyword_guidance(
        self, phrase: str, language: str = "en-US", *, pronunciations: Sequence[str] = ()
    ) -> Exchange[Mapping[str, Any]]:
        """What to know of a phrase before a keyword is made of it: whether it can be used, its
        pronunciations with their ids, what sounds like it."""
        query = {
            "phrase": phrase,
            "locale": language,
            "pronunciation": list(pronunciations) or None,
        }
        answer = yield Request("GET", f"{OWN}/keywords/guidance", query=query)
        return dict(answer.json())

    @listing
    def keyword_voices(self) -> tuple[Request, Callable[[Any], str]]:
        """The voices of the server that can speak pronunciations."""
        return Request("GET", f"{OWN}/keywords/voices"), str

    @exchange
    def say_keyword(
        self,
        phrase: str,
        pronunciation: str = "1",
        *,
        language: str = "en-US",
        voice: str | None = None,
    ) -> Exchange[bytes]:
        """A pronunciation, by its id or in phones, as a WAV that a voice of the server speaks."""
        query = {
            "phrase": phrase,
            "pronunciation": pronunciation,
            "locale": language,
            "voice": voice,
        }
        return (yield Request("GET", f"{OWN}/keywords/say", query=query)).content

    @exchange
    def create_keyword(
        self,
        project: Identified | str,
        phrases: Sequence[str] | Mapping[str, Sequence[str]],
        *,
        name: str | None = None,
        type: Literal["basic", "advanced"] = "basic",
        sensitivity: float = 0.5,
        recordings: Sequence[Identified | str] = (),
        negatives: Sequence[Identified | str] = (),
        description: str = "",
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Keyword]:
        """Make a keyword model of phrases alone, or of phrases with their pronunciations (ids of
        `keyword_guidance`, or phones). Then `wait` for it.

        `sensitivity` is 0 (strict) to 1 (lenient). For `advanced`, data sets of people who say the
        phrases (`recordings`) and of other sound (`negatives`) may help.
        """
        said = phrases if isinstance(phrases, Mapping) else {phrase: () for phrase in phrases}
        document = given(
            project=reference(project),
            phrases=[{"text": text, "pronunciations": list(ways)} for text, ways in said.items()],
            display_name=name,
            type=type,
            sensitivity=sensitivity,
            recordings=[reference(each) for each in recordings],
            negatives=[reference(each) for each in negatives],
            description=description,
            custom_properties=custom,
        )
        answer = yield Request("POST", f"{OWN}/keywords", json=document, repeatable=False)
        return Keyword.read(answer.json())

    @listing
    def keywords(
        self,
        project: Identified | str | None = None,
        *,
        filter: str | None = None,
        order: str | None = None,
    ) -> tuple[Request, Callable[[Any], Keyword]]:
        """The keywords of a project, or all, newest first."""
        query = {
            "project": None if project is None else id_of(project),
            "filter": filter,
            "orderby": order,
        }
        return Request("GET", f"{OWN}/keywords", query=query), Keyword.read

    @exchange
    def keyword(self, keyword: Identified | str) -> Exchange[Keyword]:
        """One keyword, as it is now."""
        answer = yield Request("GET", f"{OWN}/keywords/{id_of(keyword)}")
        return Keyword.read(answer.json())

    @exchange
    def update_keyword(
        self,
        keyword: Identified | str,
        *,
        name: str | None = None,
        description: str | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> Exchange[Keyword]:
        """Rename or describe a keyword."""
        document = given(display_name=name, description=description, custom_properties=custom)
        answer = yield Request("PATCH", f"{OWN}/keywords/{id_of(keyword)}", json=document)
        return Keyword.read(answer.json())

    @exchange
    def delete_keyword(self, keyword: Identified | str) -> Exchange[None]:
        """Remove a keyword; RefusedError (409) while it is made."""
        yield Request("DELETE", f"{OWN}/keywords/{id_of(keyword)}")

    @listing
    def keyword_curve(
        self, keyword: Identified | str
    ) -> tuple[Request, Callable[[Any], PhraseCurve]]:
        """How each phrase trades false accepts for missed ones."""
        return Request("GET", f"{OWN}/keywords/{id_of(keyword)}/curve"), PhraseCurve.read

    @exchange
    def download_keyword(self, keyword: Identified | str, to: str | Path) -> Exchange[Path]:
        """Save the bundle, a zip that `attune.load_keyword` opens."""
        yield Request("GET", f"{OWN}/keywords/{id_of(keyword)}/bundle", save_to=Path(to))
        return Path(to)
