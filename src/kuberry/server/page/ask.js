// What is asked of the server, and how its refusals are told.

const PLACE = "kuberry-token";
const RETRY_MS = 1000;

export class Refused extends Error {
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

// The token is in this tab alone and goes with it. It travels in a header, which no page of a
// stranger can send: there is no cookie that a browser would add by itself.
export const token = {
  get: () => sessionStorage.getItem(PLACE) ?? "",
  keep: (text) => sessionStorage.setItem(PLACE, text),
  forget: () => sessionStorage.removeItem(PLACE),
};

export async function ask(path, { method = "GET", body, headers = {}, signal } = {}) {
  const sent = { Authorization: `Bearer ${token.get()}`, ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const text = body === undefined ? undefined : JSON.stringify(body);
  const how = { method, headers: sent, body: text, signal, cache: "no-store", credentials: "omit", redirect: "error" };
  let answer;
  try {
    answer = await fetch(path, how);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused({
      status: 0,
      code: "unreachable",
      detail: "The server does not answer.",
      remedy: "Is `kuberry serve` still running, and is the network there?",
    });
  }
  if (!answer.ok) throw new Refused(await problemOf(answer));
  return answer;
}

async function problemOf(answer) {
  try {
    return await answer.json();
  } catch {
    return { status: answer.status, code: `http-${answer.status}`, detail: answer.statusText };
  }
}

export async function json(path, how) {
  return (await ask(path, how)).json();
}

// Tell the events of one run, or of all from now on, as they are kept; taken up where it broke.
// An EventSource could not send the header with the token.
export async function follow(run, told, signal) {
  const path = run ? `/v1/events?run=${encodeURIComponent(run)}` : "/v1/events";
  let last = "";
  while (!signal.aborted) {
    try {
      const headers = last ? { "Last-Event-ID": last } : {};
      const answer = await ask(path, { headers, signal });
      if (answer.status === 204) return;
      let id = last;
      for await (const [name, value] of fields(answer.body)) {
        if (name === "id") id = value;
        else if (name === "data") told(JSON.parse(value));
        else last = id; // told whole: only now it is behind us
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.problem.status) throw error;
    }
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}

async function* fields(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const at = line.indexOf(": ");
      if (line === "") yield ["end", ""];
      else if (at > 0) yield [line.slice(0, at), line.slice(at + 2)];
    }
  }
}

export async function download(path, name) {
  const answer = await ask(path);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
