"""Help: the documentation, read here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.responses import FileResponse, Response

from attune.portal.routing import Pages
from attune.portal.visits import Visit
from attune.service.errors import NotFound

__all__ = ["DOCS", "pages"]

pages = Pages()

DOCS = Path(__file__).parents[1] / "docs"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_PICTURE = re.compile(r"[a-z0-9][a-z0-9/-]*\.(png|svg)")
# In the order in which somebody meets them; what is not named comes after.
_FIRST = ("service", "customise", "data-formats", "keywords", "clients", "api", "python", "cli")


@dataclass(frozen=True, slots=True)
class Document:
    """A page of the documentation: its name, title, first sentence, and content as HTML."""

    name: str
    title: str
    lead: str
    content: Markup


@pages.get("/help")
def show(visit: Visit) -> Response:
    """All documents."""
    found = [document(path.stem) for path in sorted(DOCS.glob("*.md"), key=_place)]
    return visit.page("help.html", section="help", documents=found)


@pages.get("/help/{name}")
def read(visit: Visit) -> Response:
    """One document."""
    return visit.page("document.html", section="help", document=document(visit.path["name"]))


@pages.get("/help/files/{path:path}")
def picture(visit: Visit) -> Response:
    """A picture in a document."""
    path = visit.path["path"]
    if not _PICTURE.fullmatch(path) or not (DOCS / path).is_file():
        raise NotFound("there is no such picture")
    return FileResponse(DOCS / path, headers={"Cache-Control": "max-age=3600"})


@lru_cache(maxsize=64)
def document(name: str) -> Document:
    """The document called so; NotFound."""
    path = DOCS / f"{name}.md"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound("there is no such page in the documentation")
    # HTML in a document is shown as text, so that nothing in one can do anything here.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(path.read_text("utf-8"))
    title, lead = name.replace("-", " ").capitalize(), ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            words = tokens[place + 1].content
            token.attrSet("id", anchor(words))
            if token.tag == "h1":
                title = words
        elif token.type == "table_open":
            token.attrSet("tabindex", "0")
        elif token.type == "paragraph_open" and not lead and token.level == 0:
            lead = _plain(tokens[place + 1])
        for child in token.children or ():
            _place_link(child)
    # What is wider than the page scrolls, and so must be reached by the keyboard.
    content = markdown.renderer.render(tokens, markdown.options, {})
    content = content.replace("<pre>", '<pre tabindex="0">')
    return Document(name, title, lead, Markup(content))


def anchor(heading: str) -> str:
    """The fragment of a heading, as GitHub forms it."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.strip().replace(" ", "-")


def _place_link(token: Token) -> None:
    """Point a link or picture of a document to where the portal has it."""
    name = {"link_open": "href", "image": "src"}.get(token.type)
    if name is None:
        return
    target = str(token.attrGet(name) or "")
    page, mark, fragment = target.partition("#")
    if token.type == "image" or _PICTURE.fullmatch(target):
        token.attrSet(name, f"/help/files/{target}")
    elif page.endswith(".md") and "/" not in page:
        token.attrSet("href", f"/help/{page.removesuffix('.md')}{mark}{fragment}")
    elif "://" not in target and not target.startswith("#"):
        token.attrSet("href", "/help")  # Files of the source tree are not here.


def _plain(token: Token) -> str:
    children: list[Any] = token.children or []
    return "".join(
        child.content if child.type != "softbreak" else " "
        for child in children
        if child.type in ("text", "code_inline", "softbreak")
    )


def _place(path: Path) -> tuple[int, str]:
    known = path.stem in _FIRST
    return (_FIRST.index(path.stem) if known else len(_FIRST), path.stem)
