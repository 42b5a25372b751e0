import { accountName, mask, venueOf } from "../../../static/js/portfolio/account-names.js";
import { claim, same } from "../claims.js";

const link = (name, venue, title, label) => ({ link: name, venue, venue_title: title, label });
const LINKS = [
  link("a", "tradier", "Tradier", "Main"),
  link("b", "tastytrade", "tastytrade", "Roth"),
  link("c", "tastytrade", "tastytrade", "My tastytrade"),
];

claim("at least half of an account number is hidden", () => {
  same(["5WX00001", "123456", "12", "1", ""].map(mask), ["…0001", "…456", "…2", "…", ""]);
});

claim("an account is named by its venue, and by its link too where the venue has several", () => {
  same(
    ["a", "b", "c", "gone"].map((name) => accountName({ link: name, account: "5WX00001" }, LINKS)),
    ["Tradier …0001", "tastytrade, Roth …0001", "My tastytrade …0001", "…0001"],
  );
});

claim("a link whose venue has no title is named by its label", () => {
  same(venueOf("x", [{ link: "x", label: "Main" }]), "Main");
});
