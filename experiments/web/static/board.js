// The Hex board as SVG: every cell is labelled, reachable by keyboard and, where it may be played,
// a button. Geometry and orientation are those of games/drawing.py.

import { useRef, useState } from "preact/hooks";
import { cellName, owners, winningChain, NOBODY, PLAYERS } from "hexlaw/hex.js";
import { html } from "hexlaw/ui.js";

const SIDE = 20; // of a hexagon
const CELL = Math.sqrt(3) * SIDE;
const STONE = 0.74 * SIDE;
const RIM = 0.95; // the rhombus ends so far from the outermost centres, in cells
const MARGIN = 1.62; // letters and numbers stand so far out, in cells

const point = (column, row) => [CELL * (column + row / 2), 1.5 * SIDE * row];
const centre = (action, size) => point(action % size, Math.floor(action / size));
const list = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

const HEXAGON = list(
  [0, 1, 2, 3, 4, 5].map((k) => [
    SIDE * Math.sin((k * Math.PI) / 3),
    SIDE * Math.cos((k * Math.PI) / 3),
  ]),
);

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param size side of the board
 * @param moves played so far, the first by black
 * @param heat {kind: "prior" | "visits" | "q", values: [A] numbers or null}
 * @param labels {action: text} on cells
 * @param ghosts actions played out in thought, continuing from `moves`
 * @param next the action that was played from here, outlined
 * @param hint an action to point out
 * @param onPlay called with an action; without it the board can only be looked at
 * @param onLook called with an action, or null, as the pointer or the keyboard rests on a cell
 */
export function Board({
  size, moves, heat, labels = {}, ghosts = [], next, hint, onPlay, onLook = () => {}, name,
}) {
  const svg = useRef(null);
  const [cursor, setCursor] = useState(Math.floor((size * size) / 2));
  const owner = owners(moves, size);
  const chain = winningChain(moves, size);
  const last = moves.at(-1);
  const cells = [...owner.keys()];
  const place = (action) => {
    const [x, y] = centre(action, size);
    return `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  };

  const onKeyDown = (event) => {
    const step = STEPS[event.key];
    if (step) {
      const row = Math.min(size - 1, Math.max(0, Math.floor(cursor / size) + step[0]));
      const column = Math.min(size - 1, Math.max(0, (cursor % size) + step[1]));
      setCursor(row * size + column);
      svg.current.querySelector(`[data-cell="${cellName(row * size + column, size)}"]`).focus();
    } else if ((event.key === "Enter" || event.key === " ") && onPlay) {
      if (owner[cursor] === NOBODY) onPlay(cursor);
    } else return;
    event.preventDefault();
    event.stopPropagation(); // arrows on the board do not step through the game
  };

  const describe = (action) => {
    const words = [cellName(action, size)];
    words.push(owner[action] === NOBODY ? "empty" : `${PLAYERS[owner[action]]} stone`);
    if (action === last) words.push("last move");
    if (action === next) words.push("played next");
    if (action === hint) words.push("hint");
    if (chain.includes(action)) words.push("in the winning chain");
    if (labels[action] && owner[action] === NOBODY) words.push(labels[action]);
    return words.join(", ");
  };

  const cell = (action) => {
    const playable = onPlay && owner[action] === NOBODY;
    return html`<g
      key=${action}
      class="cell ${playable ? "playable" : ""}"
      role=${onPlay ? "button" : "img"}
      aria-label=${describe(action)}
      aria-disabled=${onPlay && !playable ? "true" : undefined}
      data-cell=${cellName(action, size)}
      tabindex=${action === cursor ? 0 : -1}
      transform=${place(action)}
      onClick=${() => (setCursor(action), playable && onPlay(action))}
      onPointerEnter=${() => onLook(action)}
      onPointerLeave=${() => onLook(null)}
      onFocus=${() => (setCursor(action), onLook(action))}
      onBlur=${() => onLook(null)}
    >
      <polygon points=${HEXAGON} style=${{ fill: shade(heat, action) }} />
    </g>`;
  };

  const mark = (action, className, radius) =>
    html`<circle class=${className} transform=${place(action)} r=${radius} />`;
  const stone = (action, player, className = "") =>
    html`<circle
      class="stone player-${player} ${className}"
      data-stone=${className ? undefined : cellName(action, size)}
      transform=${place(action)}
      r=${STONE}
    />`;
  const text = (at, content, className) =>
    html`<text class=${className} x=${at[0].toFixed(1)} y=${(at[1] + 5).toFixed(1)}>${content}</text>`;

  const [left, top] = [point(-MARGIN, -MARGIN)[0] - 10, point(0, -MARGIN)[1] - 12];
  const [right, bottom] = point(size - 1 + RIM, size - 1 + RIM);
  const indices = [...Array(size).keys()];
  return html`<svg
    ref=${svg}
    class="board"
    viewBox="${left.toFixed(1)} ${top.toFixed(1)} ${(right + 6 - left).toFixed(1)} ${(bottom + 6 - top).toFixed(1)}"
    role="group"
    aria-label=${name ?? `Hex board, ${size} by ${size}. Black joins top and bottom, white left and right.`}
    onKeyDown=${onKeyDown}
  >
    <${Rim} size=${size} />
    <g>${cells.map(cell)}</g>
    <g class="drawing" aria-hidden="true">
      ${chain.length > 1 && html`<polyline class="chain" points=${list(chain.map((a) => centre(a, size)))} />`}
      ${cells.filter((a) => owner[a] !== NOBODY).map((a) => stone(a, owner[a]))}
      ${chain.map((a) => mark(a, "chain-ring", STONE))}
      ${last !== undefined && mark(last, `last on-${owner[last]}`, 0.55 * STONE)}
      ${ghosts.map((a, k) => stone(a, (moves.length + k) % 2, "ghost"))}
      ${next !== undefined && mark(next, "next", 0.8 * SIDE)}
      ${hint !== undefined && mark(hint, "hint", 0.8 * SIDE)}
      ${Object.entries(labels).map(([a, label]) => text(centre(Number(a), size), label, `label on-${owner[a]}`))}
      ${ghosts.map((a, k) => text(centre(a, size), k + 1, `label on-${(moves.length + k) % 2}`))}
      ${indices.map((k) => text(point(k + MARGIN / 2, -MARGIN), cellName(k, size)[0], "coordinate"))}
      ${indices.map((k) => text(point(-MARGIN, k), k + 1, "coordinate"))}
    </g>
  </svg>`;
}

/** Four triangles under the cells, one for each edge in the colour of its owner. */
function Rim({ size }) {
  const [low, high, middle] = [-RIM, size - 1 + RIM, (size - 1) / 2];
  const corners = [[low, low], [high, low], [high, high], [low, high]]; // clockwise
  return html`<g aria-hidden="true">
    ${corners.map((corner, k) => {
      const triangle = [corner, corners[(k + 1) % 4], [middle, middle]];
      return html`<polygon
        class="rim player-${k % 2}"
        points=${list(triangle.map(([column, row]) => point(column, row)))}
      />`;
    })}
  </g>`;
}

function shade(heat, action) {
  const value = heat?.values[action];
  if (value === undefined || value === null) return undefined;
  const colour = heat.kind !== "q" ? "--heat" : value >= 0 ? "--good" : "--bad";
  const amount = Math.min(1, Math.abs(value));
  return `color-mix(in oklab, var(${colour}) ${(100 * amount).toFixed(0)}%, var(--cell))`;
}
