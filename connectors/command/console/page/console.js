// Receives the document and shows it. The server sends all of it each time.

import { byId, clock, coded, line, make, redraw, unseen, write, SIGNS, WORDS } from "./draw.js";
import { prepareTables, showTables } from "./tables.js";

const STORY = 12, FINDINGS = 6;
const SILENT = 15000; // ms without a message after which the page says so
let received = 0, problem = "", allStory = false, latest = null;

function show(page) {
  latest = page;
  head(page);
  health(page.status.health);
  redraw("stages", page.stages, () => page.stages.map(stage));
  redraw("tiles", page.tiles, () => page.tiles.map(tile));
  showTables(page.tables);
  before(page);
  story(page.story);
}

function head(page) {
  const level = page.level;
  byId("head").className = level;
  write("sign", SIGNS[level]);
  write("headline", page.headline);
  write("sides", page.sides);
  document.title = `${page.headline} · polarshake`;
  redraw("facts", page.facts, () => page.facts.map((fact) => make("li", {}, fact)));
  problem = page.problem;
  byId("flink").href = page.status.flink;
  byId("flink").hidden = false;
  byId("report").hidden = !page.report;
}

function health(found) {
  const findings = found ? found.findings : [], shown = findings.slice(0, FINDINGS), left = findings.length - shown.length;
  byId("health").hidden = !findings.length;
  redraw("findings", shown, () => shown.map(finding));
  write("more-findings", left > 0 ? `${left} more: polarshake status --health` : "");
  byId("more-findings").hidden = left <= 0;
}

function finding(each) {
  const level = each.urgent ? "bad" : "warn";
  return make(
    "li",
    {},
    make("span", { class: `badge ${level}` }, `${SIGNS[level]} ${each.urgent ? "now" : "soon"}`),
    ` ${each.subject}: ${each.problem}`,
    make("small", {}, "To do: ", ...coded(each.advice)),
  );
}

function stage(each, place) {
  const share = each.share !== null && each.share < 1 && make("progress", { max: 1, value: each.share, "aria-label": each.name });
  const word = WORDS[each.level];
  return make(
    "li",
    { class: each.level, "aria-current": each.current && "step" },
    make("b", {}, `${place + 1} ${each.name} ${SIGNS[each.level]}`),
    word && unseen(`${word}: `),
    each.text,
    share,
  );
}

function tile(each) {
  return make(
    "li",
    { class: each.level },
    make("span", { class: "name" }, each.name),
    make("b", {}, each.value),
    each.note && make("span", { class: "note" }, each.note),
    line(each.points),
  );
}

const OUTCOMES = { done: ["ok", "ok"], refused: ["bad", "to do"], unclear: ["warn", "unknown"], later: ["none", "later"] };

function before(page) {
  write("before-note", page.before_note);
  byId("before-note").hidden = !page.before_note;
  redraw("before", page.before, () => page.before.map(condition));
}

function condition(each) {
  const [level, word] = OUTCOMES[each.outcome];
  const help = each.outcome === "done" || each.outcome === "later" ? "" : explained(each.name, each.title);
  return make(
    "li",
    {},
    make("span", { class: `badge ${level}` }, `${SIGNS[level]} ${word}`),
    ` ${each.title} `,
    help,
    each.saw && make("small", {}, each.saw),
    each.do && make("small", {}, "To do: ", ...coded(each.do)),
  );
}

function explained(section, title) {
  return make("a", { href: `help#${section}`, "aria-label": `Help: ${title}` }, "help");
}

function story(all) {
  const shown = allStory ? all : all.slice(0, STORY);
  redraw("story", shown, () => shown.map(happening));
  byId("older").hidden = allStory || all.length <= STORY;
}

function happening(each) {
  return make(
    "li",
    {},
    make("time", { datetime: each.at }, clock(each.at)),
    ` ${SIGNS[each.level]} `,
    each.text,
    " ",
    each.report && make("a", { href: "report" }, "report"),
    " ",
    each.help && explained(each.help, each.text),
  );
}

function tick() {
  const age = received ? Math.round((Date.now() - received) / 1000) : 0;
  write("fresh", received ? (age < 5 ? "Updated now." : `Updated ${age} s ago.`) : "");
  const silent = received && Date.now() - received > SILENT ? "The console does not answer; is it still running?" : "";
  write("problem", silent || problem);
}

prepareTables();
byId("older").addEventListener("click", () => {
  allStory = true;
  story(latest.story);
  byId("story").lastElementChild.scrollIntoView({ block: "nearest" });
});
new EventSource("events").addEventListener("message", (event) => {
  received = Date.now();
  show(JSON.parse(event.data));
  tick();
});
setInterval(tick, 1000);
