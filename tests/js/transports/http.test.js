import { socketAddress } from "../../../static/js/transports/http.js";
import { claim, same } from "../claims.js";

claim("a page that came over HTTPS opens its socket over TLS, at the host it came from", () =>
  same(socketAddress("/ws/streaming/", "https://desk.example:8443/a?b=c"), "wss://desk.example:8443/ws/streaming/"),
);

claim("a page of a plain desk on this machine opens it as it came", () =>
  same(socketAddress("/ws/streaming/", "http://127.0.0.1:8000/"), "ws://127.0.0.1:8000/ws/streaming/"),
);
