// What every page shares: templates, numbers as people read them, light and dark.

import { h } from "preact";
import { useEffect, useState } from "preact/hooks";
import htm from "htm";

export const html = htm.bind(h);

const MINUS = "\u2212";
const tidy = (text) => text.replace("-", MINUS);

export const percent = (share) => `${(100 * share).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`;
export const signed = (value, digits = 2) =>
  (value >= 0 ? "+" : MINUS) + Math.abs(value).toFixed(digits);
export const whole = (value) => tidy(Math.round(value).toLocaleString("en"));
export const milliseconds = (seconds) =>
  seconds < 0.01 ? `${(1000 * seconds).toFixed(1)} ms` : `${whole(1000 * seconds)} ms`;

/** 1230000 → 1.2×10⁶; small numbers stay as they are. */
export function power(value) {
  if (!Number.isFinite(value) || value === 0) return value === 0 ? "0" : "–";
  if (Math.abs(value) < 1e4) return whole(value);
  const [digits, exponent] = value.toExponential(1).split("e");
  const raised = [...exponent.replace("+", "")].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
  return `${digits === "1.0" ? "" : `${digits.replace(".0", "")}×`}10${raised.join("")}`;
}

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

const THEMES = { auto: "system", light: "light", dark: "dark" };

const remembered = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage may be switched off
  }
};

export const remember = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // then the choice lasts as long as the page
  }
};

export const recall = remembered;

/** Light, dark, or as the system has it. */
export function ThemeChoice() {
  const [theme, setTheme] = useState(remembered("hexlaw-theme") ?? "auto");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    remember("hexlaw-theme", theme);
  }, [theme]);
  return html`<label class="theme">
    <span>Theme${" "}</span>
    <select value=${theme} onChange=${(event) => setTheme(event.target.value)}>
      ${Object.entries(THEMES).map(([key, name]) => html`<option value=${key}>${name}</option>`)}
    </select>
  </label>`;
}

/** A stone in running text. */
export const Stone = ({ player }) => html`<span class="stone-${player}" aria-hidden="true"></span>`;

/** A group of choices of which one holds. */
export function Choice({ name, options, value, onChange, label }) {
  return html`<fieldset class="choice">
    <legend>${label}</legend>
    ${options.map(
      ([key, text]) => html`<label class=${key === value ? "chosen" : ""}>
        <input type="radio" name=${name} checked=${key === value} onChange=${() => onChange(key)} />
        ${text}
      </label>`,
    )}
  </fieldset>`;
}
