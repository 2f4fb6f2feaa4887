// What a hand feels and an ear hears after a scan. How loud is this phone's own choice, kept here.
export const LOUDNESS = ["off", "soft", "loud"];
const VOLUME = { off: 0, soft: 0.06, loud: 0.5 };
const FELT = { ok: [90], no: [90, 70, 90, 70, 250], ask: [50, 60, 50] };
const HEARD = { ok: [660, 880], no: [220, 180], ask: [520, 520] }; // Hz, one after the other
const KEY = "opstap-sound";

let audio = null;

export function loudness() {
  const kept = setting(KEY);
  return LOUDNESS.includes(kept) ? kept : "soft";
}

export function nextLoudness() {
  const next = LOUDNESS[(LOUDNESS.indexOf(loudness()) + 1) % LOUDNESS.length];
  keep(KEY, next);
  return next;
}

// Lets `kind` (ok, no, ask) be felt, and heard unless sound is off.
export function signal(kind) {
  navigator.vibrate?.(FELT[kind]);
  const volume = VOLUME[loudness()];
  if (!volume || !globalThis.AudioContext) return;
  audio ??= new AudioContext();
  audio.resume().catch(() => {});
  HEARD[kind].forEach((hertz, turn) => tone(hertz, audio.currentTime + turn * 0.16, volume));
}

// Gives a setting of this phone, or null where nothing is kept.
export function setting(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing starts with our choice each time.
  }
}

function tone(hertz, at, volume) {
  const source = new OscillatorNode(audio, { frequency: hertz, type: "triangle" });
  const gain = new GainNode(audio, { gain: volume });
  source.connect(gain).connect(audio.destination);
  source.start(at);
  source.stop(at + 0.14);
}
