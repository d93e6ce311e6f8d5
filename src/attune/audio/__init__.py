"""Reading, resampling and writing recordings, and finding the speech in them."""

from attune.audio.measuring import AudioMeasure, measure_audio
from attune.audio.microphone import InputDevice, Microphone, NoMicrophone, input_devices
from attune.audio.pcm import ENCODINGS, RawFormat
from attune.audio.reading import AudioInfo, probe_audio, read_audio, stream_audio
from attune.audio.resampling import Resampler
from attune.audio.segments import SpeechSegment, speech_segments
from attune.audio.source import AudioSource
from attune.audio.voice import SpeechSpan, VoiceActivity, VoiceEvent, VoiceOptions, find_speech
from attune.audio.writing import write_wav

__all__ = [
    "ENCODINGS",
    "AudioInfo",
    "AudioMeasure",
    "AudioSource",
    "InputDevice",
    "Microphone",
    "NoMicrophone",
    "RawFormat",
    "Resampler",
    "SpeechSegment",
    "SpeechSpan",
    "VoiceActivity",
    "VoiceEvent",
    "VoiceOptions",
    "find_speech",
    "input_devices",
    "measure_audio",
    "probe_audio",
    "read_audio",
    "speech_segments",
    "stream_audio",
    "write_wav",
]
