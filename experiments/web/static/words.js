// How a game is played, and the words of the pages, explained where they stand.

import { html, recall, remember } from "hexlaw/ui.js";

const WORDS = {
  Elo: ["How strong a player is, from the games it has played. Who is 200 points ahead wins about 3 games of 4, who is 400 ahead 10 of 11. Zero is perfect play where anybody has met it, else the strongest agent; the others stand below.",
    "An interval holds the true value in 95 of 100 cases: where two of them overlap widely, nobody knows yet who is stronger."],
  node: ["One look of the network at one position. With 1 node an agent plays what it likes at first sight; with more it looks ahead, tries the moves it likes, then the replies to them, and so on. Its weights stay the same."],
  prior: ["How much the network likes a move at first sight, before any look ahead. The priors of all moves make 100 %."],
  visits: ["How often the search tried a move. It comes back to moves that turn out well; the most visited one is played."],
  value: ["How the game stands, from −1, lost, to +1, won, for the side to move. A value of 0 says that it may go either way."],
  Q: ["The mean value that the search has found behind a move, for the side to move."],
  FLOPs: ["Additions and multiplications: what thinking and training cost, whatever the machine. A phone makes about 10¹⁰ a second."],
  "perfect play": ["What no opponent can improve on: an exact solver has looked at everything that can follow. In every position one side can force a win or, in games that know draws, both can hold one. On large boards nobody can work it out."],
};

const id = (word) => `word-${word.replace(/\W/g, "")}`;

/** A word that can be asked about. */
export const Word = ({ of, children }) =>
  html`<button type="button" class="word" popovertarget=${id(of)} aria-label=${`${of}: what is that?`}>${children ?? of}</button>`;

/** What the words mean; shown one at a time, when asked. */
export const Words = () => Object.entries(WORDS).map(([word, texts]) => html`<div id=${id(word)} popover="auto" class="meaning">
  <h3>${word}</h3>${texts.map((text) => html`<p>${text}</p>`)}
</div>`);

const SEEN = "hexlaw-rules-seen";

/** The rules of a board's game; open until a visitor has closed them. */
export function Rules({ board }) {
  if (!board.how_to_play.length) return null;
  const seen = `${SEEN}-${board.game}`;
  const close = (event) => !event.currentTarget.open && remember(seen, "yes");
  return html`<details class="rules" open=${recall(seen) !== "yes"} onToggle=${close}>
    <summary>How to play ${board.game_name}</summary>
    ${board.how_to_play.map((paragraph) => html`<p>${paragraph}</p>`)}
  </details>`;
}
