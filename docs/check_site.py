"""Checks the built site: every link and file leads somewhere in it, and nothing is asked of others.

`make docs` runs it last.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("source", "src"),
    ("iframe", "src"),
}
"""What a browser fetches unasked; a link (`a`) may lead out."""


class Page(HTMLParser):
    """Names that can be linked to, and addresses that are linked to or fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.found: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag names and asks for."""
        given = dict(attrs)
        self.names |= {value for key in ("id", "name") if (value := given.get(key))}
        for key in ("href", "src"):
            if (value := given.get(key)) is not None and given.get("rel") != "canonical":
                self.found.append((tag if (tag, key) in FETCHED else "a", value))


def faults(site: Path) -> list[str]:
    """What is wrong with a built site, a line each."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for tag, address in page.found:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if tag != "a" and parts.scheme != "data":
                    found.append(f"{path.relative_to(site)}: fetches {address}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if path.name == "404.html":  # its links are from the root of the server
                continue
            if not target.exists():
                found.append(f"{path.relative_to(site)}: {address} leads nowhere")
            elif (
                parts.fragment
                and target in pages
                and unquote(parts.fragment) not in pages[target].names
            ):
                found.append(f"{path.relative_to(site)}: {address} has no such place")
    for path in sorted(site.rglob("*.css")):
        outside = re.findall(
            r"(?:url\(|@import\s+)['\"]?(https?://[^)'\"\s]+)", path.read_text(encoding="utf-8")
        )
        found += [f"{path.relative_to(site)}: fetches {address}" for address in outside]
    return found


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]).resolve())
    print(
        "\n".join(wrong)
        or f"{sys.argv[1]}: every link leads somewhere, nothing is fetched from outside"
    )
    sys.exit(bool(wrong))
