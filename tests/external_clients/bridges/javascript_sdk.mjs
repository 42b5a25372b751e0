// The venue's own JavaScript SDK, @tastytrade/api: arguments are the REST address, the account stream's, and a grant.

import { serve, tell } from "./bridge.mjs"; // first: it lends Node a WebSocket
import TastytradeClient from "@tastytrade/api";

const [baseUrl, accountStreamerUrl, clientSecret, refreshToken] = process.argv.slice(2);
const oauthScopes = ["read", "trade"];
const client = new TastytradeClient({ baseUrl, accountStreamerUrl, clientSecret, refreshToken, oauthScopes });

client.accountStreamer.addMessageObserver((message) => tell({ event: "notification", message }));
client.accountStreamer.addStreamerStateObserver((state) => tell({ event: "streamer", state }));
client.quoteStreamer.addEventListener((events) => tell({ event: "market", events }));

const services = Object.keys(client).filter((name) => name.endsWith("Service"));

/** Every call the SDK has, by service: what a complete tour must make. */
function calls() {
  const names = (service) => Object.getOwnPropertyNames(Object.getPrototypeOf(service));
  return Object.fromEntries(
    services.map((name) => [name, names(client[name]).filter((call) => call !== "constructor")]),
  );
}

/** The SDK's own HTTP client, for what the venue has and the SDK has no method for. */
const http = {
  get: async (path, query = {}) => (await client.httpClient.getData(path, {}, query)).data.data,
  post: async (path, body = {}) => (await client.httpClient.postData(path, body, {})).data.data,
  delete: async (path) => (await client.httpClient.deleteData(path, {})).status,
};

serve({ ...client, http, sdk: { calls } });
