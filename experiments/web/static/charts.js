// Charts as SVG: the value of a game over its moves, and Elo against compute.

import { useState } from "preact/hooks";
import { html, power, signed, whole } from "hexlaw/ui.js";

const WIDTH = 600;

/** Values over the game from black's view; a click goes to that move. */
export function ValueChart({ record, ply, go, blundered }) {
  const [height, left, right, top, bottom] = [190, 34, 8, 10, 24];
  const plies = record.moves.length;
  const x = (k) => left + ((WIDTH - left - right) * k) / Math.max(1, plies);
  const y = (value) => top + ((height - top - bottom) * (1 - value)) / 2;
  const blackView = (value, k) => (k % 2 === 0 ? value : -value);
  const path = (points) => points.map(([k, v], i) => `${i ? "L" : "M"}${x(k).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  const curves = record.analyses.map((analysis, number) => {
    const points = analysis.moves.map((thoughts, k) => [k, blackView(thoughts.value, k)]);
    if (record.winner !== null && points.length) points.push([plies, [1, -1][record.winner] ?? 0]);
    return { name: analysis.agent, number: analysis.colour ?? number, points };
  });
  const at = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const inside = ((event.clientX - box.left) / box.width) * WIDTH;
    go(Math.round(((inside - left) / (WIDTH - left - right)) * plies));
  };
  const now = curves.map(({ name, points }) => {
    const point = points.find(([k]) => k === ply);
    return point && `${name} ${signed(point[1])}`;
  });
  return html`<figure class="value-chart">
    <figcaption>Value for black after search${now.some(Boolean) && `, now: ${now.filter(Boolean).join("; ")}`}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Value for black over the game" onClick=${at}>
      ${[1, 0, -1].map(
        (value) => html`<g>
          <line class="grid" x1=${left} x2=${WIDTH - right} y1=${y(value)} y2=${y(value)} />
          <text class="tick end" x=${left - 6} y=${y(value) + 4}>${value === 0 ? "0" : signed(value, 0)}</text>
        </g>`,
      )}
      <line class="now" x1=${x(ply)} x2=${x(ply)} y1=${top} y2=${height - bottom} />
      ${curves.map(({ number, points }) => html`<path class="curve curve-${number}" d=${path(points)} />`)}
      ${curves.map(({ number, points }) =>
        points.filter(([k]) => k === ply).map(([k, v]) => html`<circle class="dot curve-${number}" cx=${x(k)} cy=${y(v)} r="5" />`))}
      ${blundered.map((yes, k) => yes && html`<text class="cross" x=${x(k + 1)} y=${height - bottom - 3}>✗</text>`)}
      ${[0, plies].map((k) => html`<text class="tick ${k ? "end" : ""}" x=${x(k)} y=${height - 6}>${k ? `move ${k}` : "start"}</text>`)}
    </svg>
    <div class="key">
      ${curves.map(({ name, number }) => html`<span><svg viewBox="0 0 28 10" aria-hidden="true"><path class="curve curve-${number}" d="M0 5H28" /></svg> ${name}</span>`)}
    </div>
  </figure>`;
}

/**
 * Elo against something that is spent, on a log axis; a point is one rated agent.
 *
 * @param series [{name, colour, points: [{x, elo, low, high, id, title}]}] each a line
 * @param chosen id of the agent to point out
 * @param onPick called with the id of a point that is clicked
 */
export function EloChart({ series, axis, chosen, onPick, base = 10 }) {
  const [over, setOver] = useState(null);
  const [height, left, right, top, bottom] = [340, 76, 16, 12, 42];
  const points = series.flatMap((each) => each.points);
  if (!points.length) return html`<p class="empty">No rated agent has ${axis}.</p>`;
  const log = (value) => Math.log(value) / Math.log(base);
  const [x0, x1] = padded(points.map((p) => log(p.x)), 0.06, 0.5);
  const [y0, y1] = padded(eloSpan(points), 0.05, 50);
  const x = (value) => left + ((WIDTH - left - right) * (log(value) - x0)) / (x1 - x0);
  const y = (elo) => top + ((height - top - bottom) * (y1 - elo)) / (y1 - y0);
  const exponents = ticks(x0, x1, Math.max(1, Math.ceil((x1 - x0) / 7)));
  // A short axis also carries 2 and 5 times each power of ten.
  const steps = base === 10 && x1 - x0 < 2 ? [1, 2, 5] : [1];
  const marks = [Math.floor(x0), ...exponents]
    .flatMap((e) => steps.map((step) => step * base ** e))
    .filter((value) => log(value) >= x0 && log(value) <= x1);
  const elos = ticks(y0, y1, niceStep((y1 - y0) / 5));
  const pointed = points.find((p) => p.id === over) ?? points.find((p) => p.id === chosen);
  // One stop of the tabulator key, not hundreds: from there arrows lead from point to point.
  const entry = points.some((p) => p.id === chosen) ? chosen : points[0].id;
  const step = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = [...event.currentTarget.closest("svg").querySelectorAll(".point")];
    const next = by && all[all.indexOf(event.currentTarget) + by];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return html`<figure class="elo-chart">
    <svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="Elo against ${axis}">
      ${elos.map((elo) => html`<g>
        <line class="grid" x1=${left} x2=${WIDTH - right} y1=${y(elo)} y2=${y(elo)} />
        <text class="tick end" x=${left - 6} y=${y(elo) + 4}>${whole(elo)}</text>
      </g>`)}
      ${[...new Set(marks)].map((value) => html`<text class="tick middle" x=${x(value)} y=${height - bottom + 18}>${base === 2 ? whole(value) : power(value)}</text>`)}
      <text class="axis middle" x=${(left + WIDTH - right) / 2} y=${height - 6}>${axis}</text>
      <text class="axis" x="4" y="10">Elo</text>
      ${series.map((each) => html`<g style=${{ color: `var(--board-${each.colour})` }}>
        <path class="run" d=${each.points.map((p, i) => `${i ? "L" : "M"}${x(p.x).toFixed(1)} ${y(p.elo).toFixed(1)}`).join("")} />
        ${each.points.map((p) => html`<g
          key=${p.id} class="point ${p.id === chosen ? "chosen" : ""}" role="link" tabindex=${p.id === entry ? 0 : -1} aria-label=${describe(p, axis)}
          onClick=${() => onPick(p.id)}
          onKeyDown=${(event) => (event.key === "Enter" ? onPick(p.id) : step(event))}
          onPointerEnter=${() => setOver(p.id)} onPointerLeave=${() => setOver(null)}
          onFocus=${() => setOver(p.id)} onBlur=${() => setOver(null)}
        >
          <line x1=${x(p.x)} x2=${x(p.x)} y1=${y(Math.max(p.low, y0))} y2=${y(Math.min(p.high, y1))} />
          ${p.high > y1 && html`<path class="further" d="M${x(p.x) - 4} ${top + 5}h8l-4-6Z" />`}
          ${p.low < y0 && html`<path class="further" d="M${x(p.x) - 4} ${height - bottom - 5}h8l-4 6Z" />`}
          <circle class="target" cx=${x(p.x)} cy=${y(p.elo)} r="11" />
          <circle cx=${x(p.x)} cy=${y(p.elo)} r=${p.id === over || p.id === chosen ? 6 : 4} />
        </g>`)}
      </g>`)}
    </svg>
    <figcaption aria-live="polite">${pointed ? describe(pointed, axis) : "Point at an agent to read it; click it to see its games."}</figcaption>
  </figure>`;
}

const describe = (p, axis) =>
  `${p.title}: ${whole(p.elo)} Elo (${whole(p.low)} to ${whole(p.high)}), ${axis} ${power(p.x)}`;

/**
 * The Elo that an axis spans, [low, high]: all ratings, and as much of each interval as three times
 * the median width leaves, so that a few very wide ones do not make dots of all others.
 *
 * @param rated [{elo, low, high}]
 */
export function eloSpan(rated) {
  const widths = rated.map((each) => each.high - each.low).sort((a, b) => a - b);
  const reach = 1.5 * (widths[widths.length >> 1] ?? 0);
  return [
    Math.min(...rated.map(({ elo, low }) => Math.max(low, elo - reach))),
    Math.max(...rated.map(({ elo, high }) => Math.min(high, elo + reach))),
  ];
}

function padded(values, share, least) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(share * (high - low), high === low ? least : 0);
  return [low - room, high + room];
}

function ticks(low, high, step) {
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + 1e-9; k++) found.push(k * step);
  return found;
}

function niceStep(rough) {
  const size = 10 ** Math.floor(Math.log10(rough));
  return size * [1, 2, 5, 10].find((k) => k * size >= rough);
}

