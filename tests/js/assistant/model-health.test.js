import { toldOf } from "../../../static/js/assistant/model-health.js";
import { claim, same } from "../claims.js";

claim("what a model can do is said in words; where nothing is known, nothing is", () => {
  const said = (status) => toldOf({ status, model: "m" }).said;
  same(["ready", "busy", "unreachable", "unconfigured", "odd", undefined].map(said), [
    "",
    "The model is busy.",
    "The model does not answer.",
    "No model is configured.",
    null,
    null,
  ]);
  same(toldOf({}), { name: "", isSimulated: false, said: null });
});

claim("a model is called simulated where the desk says so, whatever its name", () => {
  same(toldOf({ status: "ready", model: "simulated", is_simulated: false }).name, "simulated");
  same(toldOf({ status: "ready", model: "m", is_simulated: true }).name, "simulated model");
});
