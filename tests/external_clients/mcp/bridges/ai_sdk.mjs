// A third party's MCP client for JavaScript, @ai-sdk/mcp, whose protocol code is its own: arguments are the server's
// address, an API token, and whether it looks for the newest revision ("newest") or begins with a handshake.
//
// It asks for no progress and throws away what comes: the bridge asks for it, and reads what is thrown away.

import { serve, tell } from "../../bridges/bridge.mjs";
import { createMCPClient } from "@ai-sdk/mcp";

const [url, token, era] = process.argv.slice(2);
let client;

const program = {
  async open() {
    let session = "";
    client = await createMCPClient({
      transport: {
        type: "http",
        url,
        headers: { Authorization: `Bearer ${token}` },
        onSessionIdChange: (name) => (session = name ?? ""),
      },
      protocolVersionDiscovery: era === "newest",
      maxRetries: 0,
      onUncaughtError: () => {}, // that there is no stream without a request is one, of which it tells each time
    });
    const { transport } = client;
    const [take, send] = [transport.onmessage, transport.send.bind(transport)];
    transport.onmessage = (message) =>
      message.method === "notifications/progress" ? tell({ event: "progress", ...message.params }) : take(message);
    transport.send = ({ params, ...message }, options) =>
      send({ ...message, params: message.method === "tools/call" ? asking(params, message.id) : params }, options);
    return session;
  },
  list: async () => (await client.listTools()).tools.map(({ name }) => name),
  call: (name, given) => client.callTool({ name, arguments: given }),
};

function asking(params, id) {
  return { ...params, _meta: { ...params._meta, progressToken: id } };
}

serve({ program });
