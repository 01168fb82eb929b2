"""Write static/audio/attente.wav: the calm tune that callers hear while they wait. Ours: no rights."""

import math
import struct
import wave
from pathlib import Path

RATE = 8000  # what telephones carry
SECONDS_PER_CHORD = 2.0
CHORDS = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))
LOUD = 5200


def samples() -> list[int]:
    """Return the tune: four chords that rise and fade."""
    made = []
    length = int(RATE * SECONDS_PER_CHORD)
    for chord in CHORDS:
        for at in range(length):
            swell = math.sin(math.pi * at / length) ** 2
            tone = sum(math.sin(2 * math.pi * note * at / RATE) for note in chord) / len(chord)
            made.append(int(LOUD * swell * tone))
    return made


def main() -> None:
    """Write the file."""
    path = Path(__file__).resolve().parent.parent / "static" / "audio" / "attente.wav"
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        tune = samples()
        sound.writeframes(struct.pack(f"<{len(tune)}h", *tune))


if __name__ == "__main__":
    main()
