// In place of the desk's chat: what a page asks of it is kept, and a test tells what comes back, part by part.

globalThis.chat = { asked: [], agreed: [], said: [], isReal: false, aborted: 0, refusal: null, health: { status: "ready", provider: "local", model: "simulated", is_simulated: true } };

{
  const real = globalThis.fetch;
  const encoder = new TextEncoder();
  const json = (status, body) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

  chat.push = (...chunks) => {
    for (const chunk of chunks) chat.body.enqueue(encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`));
  };
  chat.words = (...texts) => chat.push(...texts.map((content) => ({ choices: [{ delta: { content } }] })));
  chat.own = (...events) => chat.push(...events.map((tapedeck) => ({ choices: [{ delta: {} }], tapedeck })));
  chat.number = (number) => chat.push({ choices: [{ delta: { content: number.text } }], tapedeck: { kind: "number", ...number } });
  chat.end = (done = {}) => {
    chat.push({ choices: [{ delta: {}, finish_reason: "stop" }] });
    chat.own({ kind: "done", conversation: 7, turn: chat.asked.length, sources: [1], tainted: false, ...done });
    chat.body.enqueue(encoder.encode("data: [DONE]\n\n"));
    chat.body.close();
  };

  chat.fail = (code, message) => {
    chat.push({ error: { code, message } });
    chat.body.close();
  };
  chat.refuse = (status, code, message, host) => {
    chat.refusal = [status, { error: { code, message }, tapedeck: { host } }];
  };

  chat.answerOfQqq = () => {
    const { last } = chat.store.get("quote", "QQQ");
    chat.answered = last.toFixed(2);
    const call = { call: 1, tool: "get_quotes" };
    chat.own({ kind: "asked", ...call, title: "Prices", arguments: { symbols: ["QQQ"] } });
    chat.own({ kind: "answered", ...call, rows: 1, age_ms: 400, took_ms: 12, is_error: false, detail: "" });
    chat.words("**QQQ** is at ");
    chat.number({ text: chat.answered, call: 1, path: "/quotes/0/last", value: last, unit: "usd", slot: "quote:QQQ:last" });
    chat.words(". You hold ");
    chat.number({ text: "60", call: 1, path: "/quotes/0/shares", value: 60, unit: "shares" });
    chat.words(" of it, <img src=x onerror=alert(1)> ![x](https://x.example/1) and ");
    chat.own({ kind: "unverified", text: "900" }, { kind: "withheld", text: "" });
    chat.words(" too.");
    chat.end({ tainted: true });
  };

  const complete = ({ body, signal, headers }) => {
    chat.asked.push({ ...JSON.parse(body), csrf: Boolean(headers["X-CSRFToken"]) });
    if (chat.refusal) return Promise.resolve(json(...chat.refusal));
    const stream = new ReadableStream({
      start: (control) => {
        chat.body = control;
        signal.addEventListener("abort", () => {
          chat.aborted += 1;
          control.error(signal.reason);
        });
      },
    });
    return Promise.resolve(new Response(stream, { headers: { "Content-Type": "text/event-stream" } }));
  };

  const agree = ({ body }) => {
    chat.agreed.push(JSON.parse(body).host);
    chat.refusal = null;
    return Promise.resolve(json(200, {}));
  };

  document.addEventListener("desk", ({ detail }) => {
    chat.store = detail.store;
    const voice = document.getElementById("announcements");
    new MutationObserver(() => chat.said.push(voice.textContent)).observe(voice, { childList: true });
  });

  globalThis.fetch = (address, options = {}) => {
    if (chat.isReal) return real(address, options);
    const { pathname } = new URL(address, location.href);
    if (pathname === "/chat/complete") return complete(options);
    if (pathname === "/chat/consent") return agree(options);
    if (pathname === "/chat/health") return Promise.resolve(json(200, chat.health));
    return real(address, options);
  };
}
