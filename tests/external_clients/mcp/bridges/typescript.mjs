// The official MCP client for TypeScript: arguments are the server's address and an API token.

import { serve, tell } from "../../bridges/bridge.mjs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const client = new Client({ name: "test", version: "1" });
const timeout = 120_000;

const program = {
  async open() {
    await client.connect(transport);
    return transport.sessionId;
  },
  list: async () => (await client.listTools()).tools.map(({ name }) => name),
  call: (name, given) =>
    client.callTool({ name, arguments: given }, undefined, {
      timeout,
      onprogress: (told) => tell({ event: "progress", ...told }),
    }),
  end: () => transport.terminateSession(),
};

serve({ program });
