"""How clients reach an endpoint: code to copy, with its address in it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from attune.service.tables import Endpoint

__all__ = ["Snippet", "snippets"]


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code for a client: `id` for the page, what it is called, a line about it, the code."""

    id: str
    name: str
    about: str
    code: str


_CURL = """\
SERVICE={address}/speech/recognition/conversation/cognitiveservices/v1
curl "$SERVICE?cid={id}&language={language}&format=detailed" \\
  -H "Ocp-Apim-Subscription-Key: $ATTUNE_KEY" \\
  -H "Content-Type: audio/wav" \\
  --data-binary @note.wav
"""

_PYTHON = """\
from attune.client import Recognizer

with Recognizer("{address}", "YOUR_KEY", endpoint="{id}") as recognizer:
    print(recognizer.transcribe("note.wav").text)
"""

_AZURE = """\
import azure.cognitiveservices.speech as speechsdk

config = speechsdk.SpeechConfig(host="{socket}", subscription="YOUR_KEY")
config.endpoint_id = "{id}"
config.speech_recognition_language = "{language}"
audio = speechsdk.audio.AudioConfig(filename="note.wav")
recognizer = speechsdk.SpeechRecognizer(speech_config=config, audio_config=audio)
print(recognizer.recognize_once().text)
"""

_OPENAI = """\
from openai import OpenAI

client = OpenAI(base_url="{address}/v1", api_key="YOUR_KEY")
with open("note.wav", "rb") as audio:
    result = client.audio.transcriptions.create(model="{id}", file=audio)
print(result.text)
"""

_HOME_ASSISTANT = """\
# Start the service with its Wyoming port open to your network:
attune serve --host 0.0.0.0 --wyoming-port 10300

# Settings > Devices & services > Add integration > Wyoming Protocol
#   Host: {host}
#   Port: 10300
# Settings > Voice assistants > your assistant > Speech-to-text: "{name}"
"""


def snippets(address: str, endpoint: Endpoint) -> tuple[Snippet, ...]:
    """The code for each kind of client; `address` is how the browser reached the service."""
    parts = urlsplit(address)
    values = {
        "address": address,
        "socket": f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}",
        "host": parts.hostname or "127.0.0.1",
        "id": endpoint.id,
        "language": endpoint.language,
        "name": endpoint.name,
    }
    kinds = (
        ("curl", "curl", "The REST interface for short audio, as Azure has it.", _CURL),
        ("python", "Python", "Attune's own client: pip install 'attune[client]'.", _PYTHON),
        ("azure", "Azure SDK", "The Speech SDK as it is, in any of its languages.", _AZURE),
        ("openai", "OpenAI client", "The openai package as it is.", _OPENAI),
        ("home", "Home Assistant", "By the Wyoming protocol.", _HOME_ASSISTANT),
    )
    return tuple(Snippet(id, name, about, code.format(**values)) for id, name, about, code in kinds)
