// Reads the QR symbols in a picture: by the phone itself where it can, else by zxing in WebAssembly,
// else by plain script. The picture stays on the phone.

// Gives a function that takes a canvas and gives [{ text, x, y }], x and y being a symbol's middle.
export async function makeReader({ zxing, wasm, plain }) {
  const ways = [ownReader, () => zxingReader(zxing, wasm), () => plainReader(plain)];
  for (const way of ways) {
    const read = await way().catch(() => null);
    if (read) return read;
  }
  throw new Error("nothing reads here");
}

async function ownReader() {
  const formats = (await globalThis.BarcodeDetector?.getSupportedFormats()) ?? [];
  if (!formats.includes("qr_code")) return null;
  const reader = detector(globalThis.BarcodeDetector);
  await reader(document.createElement("canvas")); // some phones promise it and cannot
  return reader;
}

async function zxingReader(address, wasm) {
  if (typeof WebAssembly !== "object") return null;
  const { prepareZXingModule, readBarcodes } = await import(address);
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  const options = { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 4 };
  return async (canvas) => {
    const picture = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = await readBarcodes(picture, options);
    return seen.filter(({ isValid }) => isValid).map(({ text, position: p }) => ({
      text,
      x: (p.topLeft.x + p.bottomRight.x) / 2,
      y: (p.topLeft.y + p.bottomRight.y) / 2,
    }));
  };
}

async function plainReader(address) {
  return detector((await import(address)).BarcodeDetector);
}

function detector(Detector) {
  const one = new Detector({ formats: ["qr_code"] });
  return async (canvas) =>
    (await one.detect(canvas)).map(({ rawValue, boundingBox: box }) => ({
      text: rawValue,
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
    }));
}
