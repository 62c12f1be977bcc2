// Choosing a player and its budget, wherever the page asks for one.

import { html, milliseconds, power, whole } from "hexlaw/ui.js";

/** The players of a board: its snapshots by run, and those that need no training. */
export function playersOf(lab, size) {
  const snapshots = lab.snapshots.filter((snapshot) => snapshot.size === size);
  const others = [["random", "random moves"]];
  if (size <= lab.solved_up_to) others.unshift(["perfect", "perfect play"]);
  return { runs: Map.groupBy(snapshots, (snapshot) => snapshot.run), others };
}

export const isNetwork = (player) => player.includes("#");

export function nameOf(lab, player) {
  return lab.snapshots.find((snapshot) => snapshot.key === player)?.name ?? player;
}

/** The opponent that the lab offers on a board, else the last snapshot, else whoever there is. */
export function bestOf(lab, size) {
  const last = lab.snapshots.findLast((snapshot) => snapshot.size === size);
  return lab.opponents[size] ?? last?.key ?? "random";
}

export function PlayerChoice({ lab, size, value, onChange, label }) {
  const { runs, others } = playersOf(lab, size);
  return html`<label>${label}${" "}
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${[...runs].reverse().map(([run, snapshots]) => html`<optgroup label=${run}>
        ${snapshots.map((each) => html`<option value=${each.key}>${each.name}</option>`)}
      </optgroup>`)}
      <optgroup label="without a network">${others.map(([key, name]) => html`<option value=${key}>${name}</option>`)}</optgroup>
    </select>
  </label>`;
}

export function RuleChoice({ lab, value, onChange }) {
  if (lab.rules.length < 2) return null;
  return html`<label>Search${" "}
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${lab.rules.map((rule) => html`<option value=${rule}>${rule}</option>`)}
    </select>
  </label>`;
}

/** The agent that the lab has rated with this budget, if there is one. */
export const ratedAs = (lab, { player, nodes, rule }) =>
  lab.agents.find((agent) =>
    agent.snapshot === player && agent.nodes === nodes && lab.rule_of[agent.id] === rule && agent.elo !== null);

/** A slider over the budgets, with what each is worth and costs. */
export function NodesSlider({ lab, choice, onChange, seconds }) {
  const rated = ratedAs(lab, choice);
  const snapshot = lab.snapshots.find((each) => each.key === choice.player);
  const name = (nodes) => `${whole(nodes)} ${nodes === 1 ? "node: the network alone" : "nodes"}`;
  return html`<div class="nodes">
    <label>Thinks with <strong>${name(choice.nodes)}</strong>
      <input type="range" min="0" max=${lab.budgets.length - 1} value=${lab.budgets.indexOf(choice.nodes)}
        aria-valuetext=${name(choice.nodes)} onInput=${(event) => onChange(lab.budgets[event.target.value])} />
    </label>
    <p class="cost">
      ${rated ? `Elo ${whole(rated.elo)} (${whole(rated.low)} to ${whole(rated.high)})` : "not rated with so many"}
      ${snapshot && `, ${power(choice.nodes * snapshot.node_flops)} FLOPs a move`}
      ${seconds !== undefined && `, the last took ${milliseconds(seconds)}`}
    </p>
  </div>`;
}
