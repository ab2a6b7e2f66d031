"""Sound without any other program: a plucked melody over soft chords and a bass.

Tones are sums of sine partials that fade, the high ones sooner (additive synthesis).
FluidSynth, where it is installed with a sound font, plays the MIDI file instead.
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
from lead_sheets import TICKS, LeadSheet, chord_spans, voicing, write_midi

if TYPE_CHECKING:
    from IPython.display import Audio

RATE = 22_050  # samples a second
SOUND_FONTS = Path("/usr/share/sounds/sf2")
#: amplitude of each partial, and seconds in which the first one falls to a third
TIMBRES = {
    "pluck": ((1.0, 0.5, 0.33, 0.18, 0.1, 0.06), 0.7),
    "pad": ((1.0, 0.25, 0.08), 1.6),
    "bass": ((1.0, 0.6, 0.25, 0.1), 0.8),
}


@functools.lru_cache(maxsize=512)
def tone(pitch: int, samples: int, timbre: str) -> np.ndarray:
    """One tone of a MIDI number, `(samples,)`, peak about 1, without clicks."""
    partials, fade = TIMBRES[timbre]
    time = np.arange(samples) / RATE
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    sound = np.zeros(samples)
    for number, amplitude in enumerate(partials, start=1):
        if number * frequency < RATE / 2:  # above that it would fold back as noise
            decay = np.exp(-time * number**0.7 / fade)
            sound += amplitude * decay * np.sin(2 * np.pi * number * frequency * time)
    attack, release = (0.004, 0.03) if timbre != "pad" else (0.05, 0.12)
    sound *= np.minimum(1, time / attack)
    sound *= np.minimum(1, (samples / RATE - time) / release)
    return sound / sum(partials)


def swung(tick: int) -> float:
    """The tick at which an eighth off the beat is played: two thirds into the beat."""
    return tick + 2 if tick % TICKS == TICKS // 2 else tick


def synthesise(sheet: LeadSheet, swing: bool = True) -> np.ndarray:
    """The lead sheet as sound, one channel, values within -1 and 1."""
    seconds = 60 / sheet.tempo / TICKS
    sound = np.zeros(int((sheet.length * seconds + 1.5) * RATE))

    def add(start: float, end: float, pitch: int, volume: float, timbre: str) -> None:
        first = int(start * seconds * RATE)
        samples = int((end * seconds + 0.08) * RATE) - first
        sound[first : first + samples] += volume * tone(pitch, samples, timbre)

    for note in sheet.notes:
        start, end = (swung(t) if swing else t for t in (note.start, note.end))
        accent = 1.0 if note.start % (2 * TICKS) == 0 else 0.85
        add(start, end, note.pitch, 0.55 * accent, "pluck")
    for start, end, chord in chord_spans(sheet):
        root, *others = voicing(chord)
        for pitch in others:
            add(start, end, pitch, 0.11, "pad")
        for beat in range(start, end, 2 * TICKS):
            add(beat, min(beat + 2 * TICKS, end), root, 0.3, "bass")
    return sound / max(1.0, np.abs(sound).max() / 0.95)


def write_wav(sheet: LeadSheet, path: str | Path) -> Path:
    """Write the lead sheet as a WAV file (16 bits, one channel); returns the path."""
    path = Path(path)
    if not _fluidsynth(sheet, path):
        samples = (synthesise(sheet) * 32_767).astype("<i2")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(samples.tobytes())
    return path


def _fluidsynth(sheet: LeadSheet, path: Path) -> bool:
    """Let FluidSynth write `path`; False where it or a sound font is missing."""
    program = shutil.which("fluidsynth")
    fonts = sorted(SOUND_FONTS.glob("*.sf2"))
    if program is None or not fonts:
        return False
    with tempfile.TemporaryDirectory() as folder:
        midi = write_midi(sheet, Path(folder) / "solo.mid")
        options = ["-ni", "-F", str(path), "-r", str(RATE)]
        command = [program, *options, str(fonts[0]), str(midi)]
        done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0 and path.exists()


def player(sheet: LeadSheet) -> Audio:
    """A player for the notebook."""
    from IPython.display import Audio

    with tempfile.TemporaryDirectory() as folder:
        data = write_wav(sheet, Path(folder) / "solo.wav").read_bytes()
    return Audio(data=data)
