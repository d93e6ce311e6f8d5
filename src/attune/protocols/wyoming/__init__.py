"""The Wyoming protocol of Home Assistant and voice satellites: speech to text and wake words.

Wyoming has no keys, so it is off unless a port is set, and then open to whoever can connect to the
service's address: this machine alone unless it was told otherwise. A server may be kept to one
project's endpoints and keywords.
"""

from attune.protocols.wyoming.server import WyomingServer, start_wyoming

__all__ = ["WyomingServer", "start_wyoming"]
