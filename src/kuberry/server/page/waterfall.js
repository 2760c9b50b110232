// When each step was done on each host: a line for each host, a bar for each step.

import { el, seconds, show, svg } from "./parts.js";

const WIDE = 1000;
const NARROWEST = 1.5;
const MARKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

export function waterfall(place, hosts, duration, critical = new Set()) {
  const lanes = hosts.filter((one) => one.steps.length);
  if (!lanes.length) return show(place);
  const count = lanes.reduce((sum, one) => sum + one.steps.length, 0);
  show(
    place,
    el("h2", {}, "Waterfall"),
    el(
      "figure",
      { class: "lanes", role: "img", "aria-label": `${count} steps on ${lanes.length} hosts in ${seconds(duration)}; the table below lists them` },
      lanes.map((one) => [el("span", { class: "name" }, one.name), lane(one, duration, critical)]),
      el("span", {}),
      axis(duration),
    ),
    critical.size ? el("p", { class: "soft" }, "Red: what the end waited for.") : null,
  );
}

function lane(one, duration, critical) {
  const bars = one.steps.map((step) => {
    const [x, end] = [at(step.from, duration), at(step.to ?? duration, duration)];
    const kind = step.state === "failed" ? "failed" : critical.has(`${one.name} ${step.id}`) ? "critical" : "step";
    const bar = { class: kind, x: x.toFixed(2), y: 2, width: Math.max(end - x, NARROWEST).toFixed(2), height: 16 };
    const text = `${step.title}: ${seconds((step.to ?? duration) - step.from)}`;
    return svg("rect", bar, svg("title", {}, text));
  });
  return svg("svg", { class: "lane", viewBox: `0 0 ${WIDE} 20`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...bars);
}

function axis(duration) {
  const apart = MARKS.find((one) => duration / one <= 6) ?? duration / 6;
  const marks = [];
  for (let time = 0; time <= duration; time += apart) marks.push(time);
  return el(
    "ol",
    { class: "axis", "aria-hidden": "true" },
    marks.map((time) => {
      const mark = el("li", {}, seconds(time).replace(".0", ""));
      mark.style.left = `${at(time, duration) / 10}%`; // by the CSSOM: no style stands in a text
      return mark;
    }),
  );
}

function at(time, duration) {
  return duration > 0 ? Math.min(time / duration, 1) * WIDE : 0;
}
