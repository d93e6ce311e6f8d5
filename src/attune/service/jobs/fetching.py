"""Files of others, fetched from the web: of limited size, and never from inside one's own network.

Whoever gives the address of a recording must not be able to make this server look at what only it
can reach. Every address that a name stands for is checked, and the connection is made to the very
address that was checked, for a name may stand for another one a moment later (DNS rebinding).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from attune.errors import InputError

__all__ = ["Fetcher", "name_of"]

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PIECE = 1 << 18
_NAT64 = IPv6Network("64:ff9b::/96")


class Fetcher:
    """Fetches http and https addresses; with `private` also those of private networks.

    `most_bytes` of one file; `seconds` is the longest time for one. InputError names the address
    and what is wrong with it.
    """

    def __init__(self, *, private: bool, most_bytes: int, seconds: float = 3600.0) -> None:
        self._private, self._most_bytes, self._seconds = private, most_bytes, seconds
        # No proxies or credentials of the environment: they would go where a client points.
        self._client = httpx.Client(
            trust_env=False, follow_redirects=False, timeout=httpx.Timeout(30.0, connect=10.0)
        )

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.close()

    def fetch(self, url: str, target: Path) -> None:
        """Write what lies at `url` to the file `target`, whole or not at all."""
        part = target.with_name(f"{target.name}.part")
        try:
            with part.open("wb") as output:
                self._follow(url, output.write)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def read(self, url: str, most_bytes: int) -> bytes:
        """What lies at `url`, of at most so many bytes."""
        found = bytearray()
        self._follow(url, found.extend, most_bytes)
        return bytes(found)

    def _follow(
        self, url: str, write: Callable[[bytes], object], most_bytes: int | None = None
    ) -> None:
        most = self._most_bytes if most_bytes is None else most_bytes
        address = url
        deadline = time.monotonic() + self._seconds
        for _ in range(_MOST_REDIRECTS + 1):
            request = self._request(address, shown(url))
            try:
                response = self._client.send(request, stream=True)
                try:
                    if response.status_code in _REDIRECTS and "location" in response.headers:
                        address = urljoin(address, response.headers["location"])
                        continue
                    _receive(response, write, most, deadline, shown(url))
                    return
                finally:
                    response.close()
            except httpx.HTTPError as error:
                reason = str(error) or type(error).__name__
                raise InputError(f"{shown(url)}: cannot be fetched: {reason}") from error
        raise InputError(f"{shown(url)}: redirected more than {_MOST_REDIRECTS} times")

    def _request(self, url: str, name: str) -> httpx.Request:
        """A request to the address that the host's name stands for, checked."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise InputError(f"{name}: not an address: {error}") from error
        if parts.scheme not in ("http", "https") or not host:
            raise InputError(f"{name}: only http and https addresses can be fetched")
        if parts.username or parts.password:
            raise InputError(f"{name}: put no user name or password into the address")
        address = self._resolve(host, port or (443 if parts.scheme == "https" else 80), name)
        literal = f"[{address}]" if address.version == 6 else str(address)
        try:
            pinned = httpx.URL(url).copy_with(host=literal)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise InputError(f"{name}: not an address: {error}") from error
        given = f"[{host}]" if ":" in host else host
        return self._client.build_request(
            "GET",
            pinned,
            headers={
                "Host": given if port is None else f"{given}:{port}",
                "User-Agent": "attune",
                "Accept-Encoding": "identity",
            },
            extensions={"sni_hostname": host},
        )

    def _resolve(self, host: str, port: int, name: str) -> IPv4Address | IPv6Address:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise InputError(f"{name}: there is no host {host}: check the name") from error
        addresses = [ip_address(str(info[4][0]).partition("%")[0]) for info in found]
        if not self._private:
            for address in addresses:
                if not is_public(address):
                    raise InputError(
                        f"{name}: {host} is in a private network: this service fetches from the "
                        "public internet only; upload the file instead"
                    )
        return addresses[0]


def _receive(
    response: httpx.Response,
    write: Callable[[bytes], object],
    most_bytes: int,
    deadline: float,
    name: str,
) -> None:
    if response.status_code != 200:
        raise InputError(
            f"{name}: the server answered {response.status_code} {response.reason_phrase}".rstrip()
        )
    received = 0
    for piece in response.iter_raw(_PIECE):
        received += len(piece)
        if received > most_bytes:
            raise InputError(f"{name}: larger than {most_bytes / 1e6:,.0f} MB: divide it")
        if time.monotonic() > deadline:
            raise InputError(f"{name}: takes too long to come: upload the file instead")
        write(piece)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet, that within another one included."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return is_public(inner)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


def shown(url: str) -> str:
    """An address without its query, which may hold a signature that others must not see."""
    return url.partition("?")[0].partition("#")[0][:300]


def name_of(url: str) -> str:
    """The file name in an address; "" when there is none."""
    return unquote(urlsplit(url).path).rpartition("/")[2]
