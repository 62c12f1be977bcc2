// A board of any game as SVG: every cell is labelled, reachable by keyboard and, where something may be
// played, a button. Where cells lie is said by the board's data (games/text/layout.py).
//
// A move that lays a stone is one cell, in games of columns any cell of its column; a stone that moves
// is chosen first, then the cell to which it goes; a move that no cells tell has a button of its own.

import { useEffect, useRef, useState } from "preact/hooks";
import { moveName, NOBODY, PLAYERS } from "hexlaw/positions.js";
import { html } from "hexlaw/ui.js";

const list = (points) => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** The moves that a cell is chosen for, given the stone that is chosen already: {cell: action}. */
function targetsOf(board, ways, chosen) {
  const targets = {};
  for (const [action, cells] of Object.entries(ways)) {
    if (cells.length === 1) targets[cells[0]] = Number(action);
    if (cells.length === 2 && cells[0] === chosen) targets[cells[1]] = Number(action);
  }
  if (!board.by_column) return targets;
  const columns = Object.fromEntries(Object.entries(targets).map(([cell, action]) => [cell % board.columns, action]));
  return Object.fromEntries(board.cells.flatMap(([cell]) => {
    const action = columns[cell % board.columns];
    return action === undefined ? [] : [[cell, action]];
  }));
}

/** Where the last stone came from, for the eye to follow it: from its column's top, or where it lay. */
function journey(board, position, at) {
  const [cell] = position.lands;
  if (cell === undefined) return null;
  const from = position.left[0] ?? (board.by_column ? cell % board.columns : cell);
  const [[x0, y0], [x1, y1]] = [at(from), at(cell)];
  return { cell, dx: x0 - x1, dy: y0 - y1 };
}

/**
 * @param board how it is drawn, see experiments/web/positions.py
 * @param position see positions.js
 * @param heat {kind: "prior" | "visits" | "q", values: [A] numbers or null}
 * @param labels {action: text}
 * @param ghosts stones played out in thought, {cell, player}
 * @param next cells of the move that was played from here, outlined
 * @param hint an action to point out
 * @param onPlay called with an action; without it the board can only be looked at
 * @param onLook called with an action, or null, as the pointer or the keyboard rests on a cell
 */
export function Board({
  board, position, heat, labels = {}, ghosts = [], next = [], hint, onPlay, onLook = () => {}, name,
}) {
  const svg = useRef(null);
  const [cursor, setCursor] = useState(board.cells[board.cells.length >> 1][0]);
  const [chosen, setChosen] = useState(null); // a stone that is to be moved
  const { owners, ways, chain } = position;
  useEffect(() => setChosen(null), [owners, board]);
  const places = Object.fromEntries(board.cells.map(([cell, cellName, x, y]) => [cell, { cellName, x, y }]));
  const at = (cell) => [places[cell].x, places[cell].y];
  const targets = targetsOf(board, ways, chosen);
  const movable = new Set(Object.values(ways).filter((cells) => cells.length === 2).map(([from]) => from));
  const shown = (action) => ways[action] ?? (board.fills ? [action] : []); // in a replay all cells are told
  const hinted = hint === undefined ? [] : shown(hint);

  const choose = (cell) => {
    setCursor(cell);
    if (!onPlay) return;
    if (cell in targets) onPlay(targets[cell]);
    else setChosen(movable.has(cell) && cell !== chosen ? cell : null);
  };
  const onKeyDown = (event) => {
    const step = STEPS[event.key];
    if (step) {
      const column = (cursor % board.columns) + step[1];
      const cell = cursor + step[0] * board.columns + step[1];
      if (places[cell] && column >= 0 && column < board.columns) {
        setCursor(cell);
        svg.current.querySelector(`[data-cell="${places[cell].cellName}"]`).focus();
      }
    } else if (event.key === "Enter" || event.key === " ") choose(cursor);
    else if (event.key === "Escape" && chosen !== null) setChosen(null);
    else return;
    event.preventDefault();
    event.stopPropagation(); // arrows on the board do not step through the game
  };

  const on = Object.entries(labels).flatMap(([action, text]) => {
    const cells = shown(action);
    return cells.length ? [{ cells, text }] : [];
  });
  const describe = (cell) => {
    const words = [places[cell].cellName];
    words.push(owners[cell] === NOBODY ? "empty" : `${PLAYERS[owners[cell]]} stone`);
    if (position.lands.includes(cell)) words.push("last move");
    if (position.left.includes(cell)) words.push("left by the last move");
    if (cell === chosen) words.push("chosen");
    else if (onPlay && movable.has(cell)) words.push("can move");
    if (onPlay && chosen !== null && cell in targets) words.push("can be reached");
    if (next.includes(cell)) words.push("played next");
    if (hinted.includes(cell)) words.push("hint");
    if (chain.includes(cell)) words.push("in the winning chain");
    for (const { cells, text } of on) if (cells.length === 1 && cells[0] === cell && owners[cell] === NOBODY) words.push(text);
    return words.join(", ");
  };

  const shades = shadesOf(heat, shown);
  const cellOf = ([cell, cellName]) => {
    const playable = onPlay && (cell in targets || movable.has(cell));
    return html`<g
      key=${cell}
      class="cell ${playable ? "playable" : ""} ${cell === chosen ? "chosen" : ""}"
      role=${onPlay ? "button" : "img"}
      aria-label=${describe(cell)}
      aria-disabled=${onPlay && !playable ? "true" : undefined}
      data-cell=${cellName}
      tabindex=${cell === cursor ? 0 : -1}
      transform="translate(${at(cell).join(" ")})"
      onClick=${() => choose(cell)}
      onPointerEnter=${() => onLook(targets[cell] ?? null)}
      onPointerLeave=${() => onLook(null)}
      onFocus=${() => (setCursor(cell), onLook(targets[cell] ?? null))}
      onBlur=${() => onLook(null)}
    >
      <polygon points=${list(board.outline)} style=${{ fill: shades[cell] }} />
    </g>`;
  };

  const circle = (cell, className, radius) =>
    html`<circle class=${className} cx=${at(cell)[0]} cy=${at(cell)[1]} r=${radius} />`;
  const came = journey(board, position, at);
  const stone = (cell) => html`<circle key="${cell}${owners[cell]}"
    class="stone player-${owners[cell]} ${came?.cell === cell && (came.dx || came.dy) ? "came" : ""}"
    style=${came?.cell === cell ? { "--dx": `${came.dx}px`, "--dy": `${came.dy}px` } : undefined}
    data-stone=${places[cell].cellName} cx=${at(cell)[0]} cy=${at(cell)[1]} r=${board.stone} />`;
  const text = (x, y, content, className) => html`<text class=${className} x=${x} y=${y + 5}>${content}</text>`;
  const label = ({ cells, text: content }) => {
    if (cells.length === 1) return text(...at(cells[0]), content, `label on-${owners[cells[0]]}`);
    // Slanting moves have theirs at the stone, where they do not meet those of other stones.
    const [from, to] = cells.map(at);
    const [x, y] = along(from, to, from[0] === to[0] ? 0.6 : 0.3);
    return text(x, y - 1, content, "label on-way");
  };
  const occupied = board.cells.map(([cell]) => cell).filter((cell) => owners[cell] !== NOBODY);
  const [left, top, width, height] = board.box;
  return html`<svg
    ref=${svg}
    class="board"
    viewBox="${left} ${top} ${width} ${height}"
    role="group"
    aria-label=${name ?? `${board.name}, the board. ${aims(board)}`}
    onKeyDown=${onKeyDown}
  >
    <g aria-hidden="true">${board.rims.map(([owner, corners]) =>
      html`<polygon class="rim ${owner === null ? "nobody" : `player-${owner}`}" points=${list(corners)} />`)}</g>
    <g>${board.cells.map(cellOf)}</g>
    <g class="drawing" aria-hidden="true">
      ${chain.length > 1 && html`<polyline class="chain" points=${list(chain.map(at))} />`}
      ${occupied.map(stone)}
      ${chain.map((cell) => circle(cell, "chain-ring", board.stone))}
      ${position.left.map((cell) => circle(cell, "left", 0.3 * board.stone))}
      ${position.lands.map((cell) => circle(cell, `last on-${owners[cell]}`, 0.55 * board.stone))}
      ${arrowsOf(heat, ways).map(({ cells, colour, amount }) => arrow(at(cells[0]), at(cells[1]), colour, amount))}
      ${ghosts.map(({ cell, player }) => circle(cell, `stone ghost player-${player}`, board.stone))}
      ${next.map((cell) => circle(cell, "next", 1.08 * board.stone))}
      ${hinted.map((cell) => circle(cell, "hint", 1.08 * board.stone))}
      ${onPlay && chosen !== null && Object.keys(targets).map((cell) => circle(cell, "target", 0.3 * board.stone))}
      ${on.map(label)}
      ${ghosts.map(({ cell, player }, k) => text(...at(cell), k + 1, `label on-${player}`))}
      ${board.coordinates.map(([content, x, y]) => text(x, y, content, "coordinate"))}
    </g>
  </svg>`;
}

/** A button for each move that no cells tell, such as a swap. */
export function OtherMoves({ board, position, labels = {}, onPlay }) {
  const actions = Object.keys(position.ways).filter((action) => !position.ways[action].length);
  if (!actions.length) return null;
  return html`<div class="controls other-moves">${actions.map((action) => html`<button type="button" disabled=${!onPlay}
    data-move=${moveName(board, action)} onClick=${() => onPlay(Number(action))}>${moveName(board, action)}${labels[action] ? ` (${labels[action]})` : ""}</button>`)}</div>`;
}

/** What the two sides want, in words. */
export function aims({ aims: [black, white] }) {
  if (!black) return "";
  return black === white ? `The aim: ${black}.` : `Black’s aim: ${black}; white’s: ${white}.`;
}

const along = ([x0, y0], [x1, y1], part) => [x0 + part * (x1 - x0), y0 + part * (y1 - y0)];

function colourOf(kind, value) {
  return `var(${kind !== "q" ? "--heat" : value >= 0 ? "--good" : "--bad"})`;
}

/** The colours of cells on which a stone may be laid. */
function shadesOf(heat, shown) {
  const shades = {};
  heat?.values.forEach((value, action) => {
    const cells = shown(action);
    if (value === null || cells.length !== 1) return;
    const amount = (100 * Math.min(1, Math.abs(value))).toFixed(0);
    shades[cells[0]] = `color-mix(in oklab, ${colourOf(heat.kind, value)} ${amount}%, var(--cell))`;
  });
  return shades;
}

const SEEN = 0.04; // an arrow of less heat would not be seen

/** What a shade is to a cell, an arrow is to a stone that moves; the strongest on top. */
function arrowsOf(heat, ways) {
  if (!heat) return [];
  return Object.entries(ways)
    .filter(([action, cells]) => cells.length === 2 && Math.abs(heat.values[action] ?? 0) > SEEN)
    .map(([action, cells]) => ({ cells, colour: colourOf(heat.kind, heat.values[action]), amount: Math.min(1, Math.abs(heat.values[action])) }))
    .sort((a, b) => a.amount - b.amount);
}

function arrow(from, to, colour, amount) {
  const [x0, y0] = along(from, to, 0.25);
  const [x1, y1] = along(from, to, 0.95);
  const length = Math.hypot(x1 - x0, y1 - y0);
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const [bx, by] = [x1 - 9 * ux, y1 - 9 * uy];
  const head = [[x1, y1], [bx - 6 * uy, by + 6 * ux], [bx + 6 * uy, by - 6 * ux]];
  return html`<g class="arrow" style=${{ color: colour, opacity: 0.2 + 0.8 * amount }}>
    <line x1=${x0} y1=${y0} x2=${bx} y2=${by} /><polygon class="head" points=${list(head)} /></g>`;
}
