"""A scripted GTP engine for the tests: plays the first empty cell, and misbehaves on request.

Usage: fake_engine.py [MOOD [MOVES]]: crash, hang, nonsense, taken, chatty, resign or babble at
its MOVES-th genmove (counted over the process's life), or dead: ends at once. `strict FILE` writes
down what it is told and refuses two stones of one colour in a row.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main() -> None:
    mood = sys.argv[1] if len(sys.argv) > 1 else "good"
    told = Path(sys.argv[2]) if mood == "strict" else None
    patience = int(sys.argv[2]) if len(sys.argv) > 2 and told is None else 1
    if mood == "dead":
        sys.exit("no licence found")
    size, taken, asked = 11, [], 0
    for line in sys.stdin:
        command, *words = line.split()
        answer = "="
        if told is not None:
            with told.open("a") as file:
                file.write(line)
        if command == "boardsize":
            if mood == "small":
                answer = "? unacceptable size"
            size = int(words[0])
        elif command == "clear_board":
            taken = []
        elif command == "play":
            if mood == "strict" and words[0] != "bw"[len(taken) % 2]:
                answer = "? it is not this colour's turn"
            taken.append(words[1])
        elif command == "genmove":
            asked += 1
            cells = [f"{chr(97 + c)}{r + 1}" for r in range(size) for c in range(size)]
            move = next(cell for cell in cells if cell not in taken)
            if asked >= patience and mood not in ("good", "strict"):
                if mood == "crash":
                    print("segmentation fault", file=sys.stderr)
                    sys.exit(139)
                if mood == "hang":
                    time.sleep(60)
                if mood == "babble":
                    print("thinking hard\n", flush=True)
                    continue
                first = taken[0] if taken else ""
                move = {"nonsense": "z99", "taken": first, "resign": "resign"}.get(mood, move)
            taken.append(move)
            answer = f"= {move}"
        elif command == "quit":
            print("=\n", flush=True)
            return
        print(f"\n{answer}\n" if mood == "chatty" else f"{answer}\n", flush=True)


if __name__ == "__main__":
    main()
