"""Sound without any other program: the melody and its band (see `band`).

Tones are sums of sine partials that fade, the high ones sooner (additive synthesis),
cymbals are fading noise. FluidSynth, where it is installed with a sound font (on Debian
`apt install fluidsynth timgm6mb-soundfont`), plays the same performance instead, as
loud and as swung.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from band import performance, write_performance
from lead_sheets import TICKS, LeadSheet

if TYPE_CHECKING:
    from IPython.display import Audio

RATE = 16_000  # samples a second: small enough to be stored in a notebook
LEVEL = 10 ** (-15 / 20)  # loudness (RMS): -15 dB below full scale
PEAK = 0.97
SOUND_FONTS = Path("/usr/share/sounds/sf2")
#: amplitude of each partial, and seconds in which the first one falls to a third
TIMBRES = {
    "solo": ((1.0, 0.5, 0.33, 0.18, 0.1, 0.06), 0.7),
    "piano": ((1.0, 0.35, 0.15, 0.05), 0.6),
    "bass": ((1.0, 0.7, 0.35, 0.15), 0.5),
}
CYMBALS = {"ride": 0.12, "hat": 0.03}  # seconds in which the noise falls to a third
VOLUMES = {"solo": 0.6, "piano": 0.13, "bass": 0.36, "ride": 0.07, "hat": 0.09}


@functools.lru_cache(maxsize=1024)
def tone(pitch: int, samples: int, timbre: str) -> np.ndarray:
    """One tone of a MIDI number, `(samples,)`, peak about 1, without clicks."""
    time = np.arange(samples) / RATE
    if timbre in CYMBALS:
        noise = np.random.default_rng(pitch).normal(size=samples)
        noise = np.diff(noise, prepend=0.0)  # bright: the low part is taken out
        return 0.4 * noise * np.exp(-time / CYMBALS[timbre])
    partials, fade = TIMBRES[timbre]
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    sound = np.zeros(samples)
    for number, amplitude in enumerate(partials, start=1):
        if number * frequency < RATE / 2:  # above that it would fold back as noise
            decay = np.exp(-time * number**0.7 / fade)
            sound += amplitude * decay * np.sin(2 * np.pi * number * frequency * time)
    sound *= np.minimum(1, time / 0.004)
    sound *= np.minimum(1, (samples / RATE - time) / 0.03)
    return sound / sum(partials)


def synthesise(sheet: LeadSheet) -> np.ndarray:
    """Melody and band as sound, one channel, LEVEL loud, values within -1 and 1."""
    seconds = 60 / sheet.tempo / TICKS
    sound = np.zeros(samples_of(sheet))
    for event in performance(sheet):
        first = int(event.start * seconds * RATE)
        samples = int((event.length * seconds + 0.06) * RATE)
        part = tone(event.pitch, samples, event.instrument)
        last = min(first + samples, len(sound))
        volume = event.volume * VOLUMES[event.instrument]
        sound[first:last] += volume * part[: last - first]
    return levelled(sound)


def samples_of(sheet: LeadSheet) -> int:
    """How many samples the sheet lasts, with a second to fade."""
    return int((sheet.length * 60 / sheet.tempo / TICKS + 1.0) * RATE)


def levelled(sound: np.ndarray) -> np.ndarray:
    """As loud as LEVEL says; what would be too loud is bent, not cut, below PEAK."""
    for _ in range(4):  # bending takes a little loudness away
        loudness = np.sqrt(np.mean(sound**2))
        if loudness > 0:
            sound = PEAK * np.tanh(sound * LEVEL / loudness / PEAK)
    return sound


def write_wav(sheet: LeadSheet, path: str | Path) -> Path:
    """Write the lead sheet as a WAV file (16 bits, one channel); returns the path."""
    path = Path(path)
    sound = _fluidsynth(sheet)
    if sound is None:
        sound = synthesise(sheet)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32_767).astype("<i2").tobytes())
    return path


def _fluidsynth(sheet: LeadSheet) -> np.ndarray | None:
    """What FluidSynth makes of the performance; None where it is not installed."""
    program = shutil.which("fluidsynth")
    fonts = sorted(SOUND_FONTS.glob("*.sf2"))
    if program is None or not fonts:
        return None
    with tempfile.TemporaryDirectory() as folder:
        midi = write_performance(sheet, Path(folder) / "band.mid")
        made = Path(folder) / "band.wav"
        options = ["-ni", "-F", str(made), "-T", "wav", "-O", "s16", "-r", str(RATE)]
        command = [program, *options, str(fonts[0]), str(midi)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0 or not made.exists():
            return None
        return _samples(made, samples_of(sheet))


def _samples(path: Path, at_most: int) -> np.ndarray:
    """A WAV file of 16 bits as one channel, as loud and no longer than ours."""
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        data = data.reshape(-1, file.getnchannels())
    return levelled(data[:at_most].mean(axis=1) / 32_768)


def player(sheet: LeadSheet) -> Audio:
    """A player for the notebook."""
    from IPython.display import Audio

    with tempfile.TemporaryDirectory() as folder:
        data = write_wav(sheet, Path(folder) / "solo.wav").read_bytes()
    return Audio(data=data)
