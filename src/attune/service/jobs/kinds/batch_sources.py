"""Where the recordings of a batch come from: uploads, addresses, and containers of many.

An entry of `Transcription.sources` is {"url": address}, {"hash": a blob, "name": what it is called}
for an upload, where a zip stands for all recordings in it, or {"container": address}: that of an
Azure container or an S3 bucket, which may be signed.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from attune.data.archive import ZipAudio
from attune.data.found import AUDIO_SUFFIXES
from attune.errors import InputError
from attune.service.blobs import Store
from attune.service.jobs.fetching import Fetcher, name_of, shown

__all__ = ["BatchSource", "fetched", "listed_sources"]

_LISTING_BYTES = 32 << 20
_MOST_PAGES = 100
_MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class BatchSource:
    """One recording: what lies at an `address`, or a `blob`, or an `entry` of a blob that is a zip.
    `name` tells people which it is."""

    name: str
    address: str = ""
    blob: str = ""
    entry: str = ""


def listed_sources(
    entries: Sequence[Mapping[str, str]], fetcher: Fetcher, store: Store
) -> list[BatchSource]:
    """The recordings of a batch in order, those of containers looked up.

    InputError for a container that cannot be listed, and for more than 10,000 recordings.
    """
    found: list[BatchSource] = []
    for entry in entries:
        if "hash" in entry:
            found += list_upload(entry["name"], entry["hash"], store)
        elif "container" in entry:
            found += list_container(entry["container"], fetcher)
        else:
            found.append(BatchSource(shown(entry["url"]), address=entry["url"]))
        if len(found) > _MOST_FILES:
            raise InputError(f"more than {_MOST_FILES:,} recordings: make several batches of them")
    return found


def fetched(source: BatchSource, fetcher: Fetcher, store: Store, folder: Path) -> Path:
    """The recording as a file, in `folder` unless it is here already; InputError when it cannot be
    had."""
    if source.entry:
        with ZipAudio(store.path(source.blob)) as archive:
            return archive.extract(source.entry, folder)
    if source.blob:
        return store.path(source.blob)
    suffix = Path(name_of(source.address)).suffix.lower()
    target = folder / f"recording{suffix if suffix in AUDIO_SUFFIXES else ''}"
    fetcher.fetch(source.address, target)
    return target


def list_upload(name: str, blob: str, store: Store) -> list[BatchSource]:
    """The recording that was uploaded, or those in a zip."""
    if not name.lower().endswith(".zip"):
        return [BatchSource(name, blob=blob)]
    with ZipAudio(store.path(blob)) as archive:
        inside = [one for one in archive.names if one.lower().endswith(AUDIO_SUFFIXES)]
    return [BatchSource(f"{name}/{one}", blob=blob, entry=one) for one in sorted(inside)]


def list_container(url: str, fetcher: Fetcher) -> Iterator[BatchSource]:
    """The recordings that the listing of a container names, page by page."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    azure = ".blob." in (parts.hostname or "") or "sig" in query
    listing = {"restype": "container", "comp": "list"} if azure else {"list-type": "2"}
    place = parts._replace(path=parts.path.rstrip("/"))
    more: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        asked = place._replace(query=urlencode({**query, **listing, **more}))
        if not asked.path:
            asked = asked._replace(path="/")
        root = _parsed(fetcher.read(urlunsplit(asked), _LISTING_BYTES), url)
        for name in _texts(root, ("Blob", "Contents"), ("Name", "Key")):
            if name.lower().endswith(AUDIO_SUFFIXES):
                path = f"{place.path}/{quote(name)}"
                address = urlunsplit(place._replace(path=path))
                yield BatchSource(shown(address), address=address)
        marker = next(_texts(root, None, ("NextMarker", "NextContinuationToken")), "")
        if not marker:
            return
        more = {"marker" if azure else "continuation-token": marker}
    raise InputError(f"{shown(url)}: the listing has no end")


def _parsed(content: bytes, url: str) -> ElementTree.Element:
    # A listing has no need of entities, with which a few lines can stand for gigabytes.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise InputError(f"{shown(url)}: not the listing of a container")
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise InputError(
            f"{shown(url)}: not the listing of an Azure container or an S3 bucket: {error}"
        ) from error


def _texts(
    root: ElementTree.Element, parents: tuple[str, ...] | None, names: tuple[str, ...]
) -> Iterator[str]:
    """The texts of elements with one of the names, below the root or one of the parents."""
    above = [root] if parents is None else [one for one in root.iter() if _tag(one) in parents]
    for parent in above:
        yield from (one.text for one in parent if _tag(one) in names and one.text)


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
