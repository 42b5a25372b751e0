// Which account is meant, in words: its venue and the end of its number, as accounts/account_names.py writes them. Pure.

/** All but the last four characters of an account number hidden, and at least half of it. */
export function mask(number) {
  const shown = Math.min(4, Math.floor(number.length / 2));
  return number && `…${number.slice(number.length - shown)}`;
}

/** Where the accounts of `link` are: their venue and, unless it is the only link there, the link's label. */
export function venueOf(link, links) {
  const found = links.find((one) => one.link === link) ?? {};
  const { venue, venue_title: title = "", label = "" } = found;
  const isOnly = links.filter((one) => one.venue === venue).length === 1;
  if (!title || (!isOnly && label.toLowerCase().includes(title.toLowerCase()))) return label;
  return isOnly || !label ? title : `${title}, ${label}`;
}

/** How pages name an account: "Tradier …0001". */
export const accountName = ({ link, account }, links) => `${venueOf(link, links)} ${mask(account)}`.trim();
