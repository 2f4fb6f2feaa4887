// A cheque's code: what somebody meant, whether it is whole, and which code a QR symbol holds.
// The same arithmetic as vouchers/codes.py, so that a typing error is told before anything is sent.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const CODE = 16;
export const TYPED_CODE = 12;

const MISREAD = { O: "0", I: "1", L: "1" };

// Gives the signs that somebody meant: capitals, O is 0, I and L are 1, no spaces or hyphens.
export function normalised(text) {
  return text
    .trim()
    .toUpperCase()
    .replace(/[ \u00a0-]/g, "")
    .replace(/[OIL]/g, (sign) => MISREAD[sign]);
}

// Gives the sign that makes the others complete: GF(2⁵) with x⁵+x²+1.
export function checkSign(signs) {
  let c = 0;
  for (const sign of signs) {
    c = (c ^ ALPHABET.indexOf(sign)) << 1;
    if (c & 32) c ^= 37;
  }
  return ALPHABET[c];
}

// Says whether the last sign checks the ones before it.
export function isWhole(signs) {
  const known = signs.length > 1 && [...signs].every((sign) => ALPHABET.includes(sign));
  return known && checkSign(signs.slice(0, -1)) === signs.at(-1);
}

// Gives the code in what a QR symbol says, or "" when it is no cheque: the part behind `/c#`, whole.
export function codeIn(text) {
  const [, code = ""] = /^https?:\/\/[^#]+\/c#([0-9A-Za-z]+)$/.exec(text) ?? [];
  const signs = normalised(code);
  const known = [...signs].every((sign) => ALPHABET.includes(sign));
  return signs.length === CODE && known ? signs : "";
}
