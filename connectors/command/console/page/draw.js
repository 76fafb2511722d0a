// Elements of the page. Every text of the document becomes a text node, never HTML.

export const SIGNS = { ok: "✓", wait: "…", warn: "!", bad: "✗", none: "–" };
export const WORDS = { ok: "ok", wait: "in progress", warn: "needs attention", bad: "problem", none: "" };

export const byId = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false && child !== ""));
  return element;
}

export const unseen = (text) => make("span", { class: "unseen" }, text);

// A text with commands between backticks. An odd backtick is part of the text.
export function coded(text) {
  const parts = text.split("`");
  return parts.length % 2 ? parts.map((part, at) => (at % 2 ? make("code", {}, part) : part)) : [text];
}

export function badge(text, level) {
  return make("span", { class: `badge ${level}` }, text);
}

// Replaces a text only if it differs, so that a screen reader is not told the same again.
export function write(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

// Replaces the children only if the description differs, so that a link in them keeps the focus.
const drawn = new Map();
export function redraw(id, description, children) {
  const key = JSON.stringify(description);
  if (drawn.get(id) === key) return;
  drawn.set(id, key);
  byId(id).replaceChildren(...children());
}

const SVG = "http://www.w3.org/2000/svg";
export function line(points) {
  const known = points.filter((value) => value !== null);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 28");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  if (known.length < 2) return svg;
  const low = Math.min(...known), high = Math.max(...known), span = high - low || 1;
  const place = (value, at) => `${((at * 100) / (points.length - 1)).toFixed(1)},${(25 - ((value - low) * 22) / span).toFixed(1)}`;
  const drawing = document.createElementNS(SVG, "polyline");
  drawing.setAttribute("points", points.map((v, at) => (v === null ? "" : place(v, at))).filter(Boolean).join(" "));
  svg.append(drawing);
  return svg;
}

export function clock(iso) {
  const at = new Date(iso), today = new Date().toDateString() === at.toDateString();
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  return today ? time : `${at.toLocaleDateString([], { month: "short", day: "numeric" })} ${time}`;
}
