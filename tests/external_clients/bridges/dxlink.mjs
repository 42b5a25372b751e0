// dxFeed's own DXLink client: one connection, any number of feed channels with a name each.

import { serve, tell } from "./bridge.mjs"; // first: it lends Node a WebSocket
import { DXLinkFeed, DXLinkWebSocketClient } from "@dxfeed/dxlink-api";

const config = JSON.parse(process.argv[2] ?? "{}");
const client = new DXLinkWebSocketClient(config);
client.addConnectionStateChangeListener((state) => tell({ event: "connection", state }));
client.addAuthStateChangeListener((state) => tell({ event: "auth", state }));
client.addErrorListener(({ type, message }) => tell({ event: "error", type, message }));

const objects = { client };

/** Open a feed channel and let the test call it by `name`. */
function open(name, contract, accept) {
  const feed = new DXLinkFeed(client, contract);
  feed.addStateChangeListener((state) => tell({ event: "channel", feed: name, state }));
  feed.addConfigChangeListener((told) => tell({ event: "config", feed: name, ...told }));
  feed.addEventListener((events) => tell({ event: "data", feed: name, events }));
  if (accept) feed.configure(accept);
  objects[name] = feed;
  return feed.id;
}

objects.desk = { open };
serve(objects);
