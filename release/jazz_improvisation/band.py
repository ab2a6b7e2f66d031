"""A band around a melody: walking bass, comping piano, ride cymbal and hi-hat.

Everybody plays from the lead sheet alone and always the same, and swings alike: an
eighth off the beat comes late, the later the slower the tune.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from harmony import Chord
from lead_sheets import BAR, TICKS, LeadSheet

LOWEST, HIGHEST = 28, 48  # the bass: E below the staff and two octaves less a third
RIDE, HAT = 51, 44  # their numbers among the drums of General MIDI
#: instrument: (channel, program) of General MIDI
MIDI = {
    "solo": (0, 56),
    "piano": (1, 0),
    "bass": (2, 32),
    "ride": (9, 0),
    "hat": (9, 0),
}


class Event(NamedTuple):
    """One sound: start and length in ticks (swung, so not whole), pitch, volume."""

    start: float
    length: float
    pitch: int
    volume: float  #: 0 to 1
    instrument: str


def swing(tempo: float) -> float:
    """Where in the beat an eighth off the beat is played: 2/3 slow, nearer 1/2 fast."""
    return min(2 / 3, max(0.54, 2 / 3 - (tempo - 120) / 1000))


def swung(tick: int, tempo: float) -> float:
    """The tick at which something written at `tick` is played."""
    if tick % TICKS != TICKS // 2:
        return float(tick)
    return tick - TICKS / 2 + swing(tempo) * TICKS


def performance(sheet: LeadSheet) -> list[Event]:
    """Melody and band, in the order of their starts."""
    played = [
        (note.start, note.end, note.pitch, 0.9 if note.start % TICKS else 1.0, "solo")
        for note in sheet.notes
    ]
    played += [*_bass(sheet), *_piano(sheet), *_drums(sheet)]
    events = []
    for start, end, pitch, volume, instrument in played:
        begin = swung(start, sheet.tempo)
        length = swung(end, sheet.tempo) - begin
        events.append(Event(begin, length, pitch, volume, instrument))
    return sorted(events)


Played = tuple[int, int, int, float, str]  # start, end, pitch, volume, instrument


def _bass(sheet: LeadSheet) -> list[Played]:
    """Four notes a bar: the root where a chord begins, a half tone beside the next one
    before it changes, and tones of the chord on the way.
    """
    changes = {start for start, _ in sheet.chords}
    played: list[Played] = []
    pitch, direction = 36, 1
    for beat in range(0, sheet.length, TICKS):
        chord, following = sheet.chord_at(beat), sheet.chord_at(beat + TICKS)
        if beat in changes or beat % BAR == 0:
            pitch = _nearest(pitch, {chord.root})
        elif beat + TICKS in changes or (beat + TICKS) % BAR == 0:
            goal = _nearest(pitch, {following.root})
            above = pitch > goal + 1 or pitch == goal - 1
            pitch = goal + (1 if above else -1)
        else:
            if not LOWEST + 4 < pitch < HIGHEST - 4:
                direction = 1 if pitch <= LOWEST + 4 else -1
            pitch = _next_tone(pitch, direction, chord)
        played.append((beat, beat + TICKS, pitch, 0.9, "bass"))
    return played


def _nearest(pitch: int, classes: Iterable[int]) -> int:
    wanted = set(classes)
    inside = [p for p in range(LOWEST, HIGHEST + 1) if p % 12 in wanted]
    return min(inside, key=lambda p: (abs(p - pitch), p))


def _next_tone(pitch: int, direction: int, chord: Chord) -> int:
    pitch += direction
    while pitch % 12 not in chord.tones:
        pitch += direction
    return pitch


def _piano(sheet: LeadSheet) -> list[Played]:
    """The Charleston rhythm: on one, and on the eighth before three.

    Each voice moves to the nearest tone of the new chord; the root is left to the bass.
    """
    played: list[Played] = []
    hands = [58, 62, 65]
    for bar in range(0, sheet.length, BAR):
        for start, length in ((0, 12), (18, 6)):
            chord = sheet.chord_at(bar + start + (6 if start else 0))
            hands = voice_leading(hands, chord)
            for pitch in hands:
                played.append((bar + start, bar + start + length, pitch, 0.6, "piano"))
    return played


def voice_leading(hands: list[int], chord: Chord) -> list[int]:
    """The chord's tones but the root, each as near to the voices before as can be."""
    tones = sorted(chord.tones - {chord.root})
    choices = [[p for p in range(52, 72) if p % 12 == tone] for tone in tones]
    middle = sum(hands) / len(hands)
    return sorted(
        min(
            near,
            key=lambda p: (min(abs(p - h) for h in hands) + abs(p - middle) / 4, p),
        )
        for near in choices
    )


def _drums(sheet: LeadSheet) -> list[Played]:
    """Ride on every beat, with the eighth before one and three; hi-hat on two, four."""
    played: list[Played] = []
    for beat in range(0, sheet.length, TICKS):
        back = beat // TICKS % 2 == 1
        played.append((beat, beat + TICKS, RIDE, 0.7 if back else 0.55, "ride"))
        if back:
            played.append((beat + 6, beat + TICKS, RIDE, 0.45, "ride"))
            played.append((beat, beat + 6, HAT, 0.6, "hat"))
    return played


def write_performance(sheet: LeadSheet, path: str | Path) -> Path:
    """The whole band, swung, as a MIDI file of one track; returns the path."""
    quarter = 480
    messages: list[tuple[int, int, bytes]] = []
    for channel, program in sorted(set(MIDI.values())):
        messages.append((0, 0, bytes([0xC0 | channel, program])))
    for event in performance(sheet):
        channel, _ = MIDI[event.instrument]
        start = round(event.start * quarter / TICKS)
        end = round((event.start + event.length) * quarter / TICKS)
        loud = round(40 + 80 * event.volume)
        messages.append((start, 2, bytes([0x90 | channel, event.pitch, loud])))
        messages.append(
            (max(end, start + 1), 1, bytes([0x80 | channel, event.pitch, 0]))
        )
    tempo = struct.pack(">I", round(60_000_000 / sheet.tempo))[1:]
    track, now = b"\x00\xff\x51\x03" + tempo, 0
    for tick, _, data in sorted(messages):
        track += _variable(tick - now) + data
        now = tick
    track += _variable(quarter) + b"\xff\x2f\x00"
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, quarter)
    path = Path(path)
    path.write_bytes(head + b"MTrk" + struct.pack(">I", len(track)) + track)
    return path


def _variable(number: int) -> bytes:
    """A number as MIDI writes it: seven bits a byte, the highest bit says go on."""
    data = [number & 0x7F]
    while number := number >> 7:
        data.append(0x80 | number & 0x7F)
    return bytes(reversed(data))
