"""What tests do with a page in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from games.text.notation import cell_name

PATIENCE = 60_000  # milliseconds; a loaded machine may take long to compile a search


class Watched:
    """A page whose every request and error is noted."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)
        page.on("request", lambda request: self._request(request.url))

    def _note(self, message: Any) -> None:
        # A server that is down on purpose is no error of the page.
        if message.type == "error" and "WebSocket" not in message.text:
            self.errors.append(message.text)

    def _request(self, url: str) -> None:
        if not url.startswith(("data:", "blob:")):
            self.requests.append(url)

    def stones(self) -> dict[str, int]:
        """Who has a stone where, as drawn."""
        return self.page.evaluate(
            """() => Object.fromEntries([...document.querySelectorAll("[data-stone]")].map(
              (stone) => [stone.dataset.stone, stone.classList.contains("player-1") ? 1 : 0]))"""
        )


def stones_after(moves: list[int], size: int) -> dict[str, int]:
    return {cell_name(action, size): ply % 2 for ply, action in enumerate(moves)}


def kept_moves(watched: Watched) -> list[int]:
    """The game as the page keeps it, which it does a moment after it has drawn it."""
    kept = "JSON.parse(localStorage['hexlaw-game'] ?? '{}').moves"
    drawn = len(watched.stones())
    watched.page.wait_for_function(f"() => {kept}?.length === {drawn}")
    return watched.page.evaluate(f"() => {kept}")


def my_turn(watched: Watched) -> bool:
    """Wait for the agent; whether the game goes on."""
    turn = watched.page.locator(".turn")
    turn.filter(has_text="Your turn").or_(turn.filter(has_text="won")).wait_for()
    return "Your turn" in turn.inner_text()


def save(watched: Watched, button: str, folder: Path) -> Path:
    with watched.page.expect_download() as download:
        watched.page.get_by_role("button", name=button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path
