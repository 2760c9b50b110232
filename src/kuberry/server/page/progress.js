// Where every host of a run stands, from its events alone. No look at the page: only values.

const GOOD = new Set(["done", "unchanged"]);
const STEP_S = 3; // of a step that was never measured; ≈ says that it is a guess

export function nothing() {
  return { seq: 0, run: null, elapsed: 0, phase: "", hosts: new Map(), notices: [], findings: [], ended: null };
}

function host(state, name) {
  if (!state.hosts.has(name)) {
    state.hosts.set(name, {
      name, total: 0, done: 0, title: "", bytes: 0, wanted: 0, temperature: null, complaints: [],
      hot: false, ending: "", failure: null, steps: [], todo: [],
    });
  }
  return state.hosts.get(name);
}

// An event that comes a second time changes nothing.
export function take(state, record) {
  if (record.seq <= state.seq) return;
  state.seq = record.seq;
  state.elapsed = Math.max(state.elapsed, record.elapsed_s);
  const event = record.event;
  DO[event.kind]?.(state, event, record.elapsed_s);
}

const DO = {
  "run-started": (state, event) => {
    state.run = event;
    for (const name of event.hosts) host(state, name);
  },
  "run-ended": (state, event) => {
    state.ended = event;
    state.phase = "";
  },
  phase: (state, event) => { state.phase = event.message || event.name; },
  "download-progress": (state, event) => { state.phase = `downloading ${event.file}`; },
  notice: (state, event) => { state.notices.push(event.host ? `${event.host}: ${event.message}` : event.message); },
  "hosts-checked": (state, event) => { state.findings = event.findings; },
  "plan-started": (state, event) => {
    state.phase = "";
    for (const [name, steps] of Object.entries(event.steps)) {
      const one = host(state, name);
      one.total += steps;
      one.wanted += event.bytes_to_send[name] ?? 0;
      one.ending = "";
      one.todo = [...(event.step_ids[name] ?? [])];
    }
  },
  "step-started": (state, event, now) => {
    const one = host(state, event.host);
    one.title = event.title;
    one.steps.push({ id: event.step, title: event.title, from: now, to: null, state: "running" });
  },
  "step-progress": (state, event) => { host(state, event.host).bytes += event.bytes_sent; },
  "step-finished": (state, event, now) => {
    const one = host(state, event.host);
    one.done += 1;
    one.todo = one.todo.filter((id) => id !== event.step);
    finish(one, event, now, "done");
  },
  "step-failed": (state, event, now) => {
    const one = host(state, event.host);
    one.failure = event;
    finish(one, event, now, "failed");
  },
  "host-ended": (state, event) => {
    const one = host(state, event.host);
    one.ending = event.ending;
    one.title = "";
    if (GOOD.has(event.ending)) one.done = one.total;
  },
  "host-felt": (state, event) => {
    const one = host(state, event.host);
    one.temperature = event.temperature_c;
    one.complaints = event.complaints;
    one.hot = event.hot;
  },
};

function finish(one, event, now, how) {
  const step = one.steps.findLast((known) => known.id === event.step && known.to === null);
  if (step) Object.assign(step, { to: now, state: how });
}

export function fraction(one) {
  if (GOOD.has(one.ending)) return 1;
  return one.total ? one.done / one.total : 0;
}

// Seconds that a host still needs, by what its steps took before; null where nothing is under way.
export function left(one, durations, now) {
  if (one.ending || one.failure || !one.todo.length) return null;
  const under = one.steps.findLast((step) => step.to === null);
  let sum = 0;
  for (const id of one.todo) {
    const known = durations.by_host[one.name]?.[id] ?? durations.by_step[id] ?? STEP_S;
    sum += under?.id === id ? Math.max(known - (now - under.from), 0) : known;
  }
  return sum;
}

export function isAtWork(state) {
  return [...state.hosts.values()].some((one) => one.total || one.ending || one.temperature !== null);
}

export function summary(state) {
  const hosts = [...state.hosts.values()];
  if (!isAtWork(state)) return state.phase || `${hosts.length} host${hosts.length === 1 ? "" : "s"}`;
  const ready = hosts.filter((one) => GOOD.has(one.ending)).length;
  const failed = hosts.filter((one) => one.failure || (one.ending && !GOOD.has(one.ending))).length;
  return `${ready} of ${hosts.length} ready${failed ? `, ${failed} failed` : ""}${state.phase ? `; ${state.phase}` : ""}`;
}
