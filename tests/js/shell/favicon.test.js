import { icon } from "../../../static/js/shell/favicon.js";
import { claim, isTrue } from "../claims.js";

claim("each way has an icon of its own, by shape and not by colour alone", () => {
  const shapes = ["up", "down", ""].map((way) => / d='([^']+)'/.exec(icon(way, true))[1]);
  isTrue(new Set(shapes).size === 3);
});

claim("what is not live is hollow", () => {
  isTrue(icon("up", false).includes("fill='none'"));
  isTrue(!icon("up", true).includes("fill='none'"));
});

claim("it is one address without a character that would end it", () => {
  for (const way of ["up", "down", ""]) isTrue(!/["#]/.test(icon(way, true)));
});
