// One camera stream, looked at five times a second at most, let go as soon as nobody looks.
const BETWEEN = 200; // ms from one look to the next
const REST = 60; // ms at least in which the phone does other things
const WIDEST = 960; // pixels of what is looked at: more is slower and reads no better

const WANTED = {
  audio: false,
  video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
};

// Gives start(), stop(), pause() and isOpen(). `found` hears the text nearest to the middle.
export function makeCamera(video, { read, found }) {
  const canvas = document.createElement("canvas");
  let stream = null;
  let asked = 0;
  let timer = 0;
  let looking = false;

  async function start() {
    if (!stream) {
      const turn = ++asked;
      const opened = await navigator.mediaDevices.getUserMedia(WANTED);
      if (turn !== asked) return letGo(opened); // stopped, or started again, meanwhile
      stream = opened;
      video.srcObject = stream;
      await video.play().catch(() => {});
    }
    resume();
  }

  function stop() {
    asked += 1;
    pause();
    if (stream) letGo(stream);
    stream = null;
    video.srcObject = null;
  }

  function pause() {
    looking = false;
    clearTimeout(timer);
  }

  function resume() {
    pause();
    looking = true;
    look();
  }

  async function look() {
    const began = performance.now();
    if (stream && video.videoWidth) {
      const seen = await read(drawn(canvas, video, video.videoWidth, video.videoHeight));
      if (!looking) return;
      if (seen.length) found(nearest(seen, canvas));
    }
    if (looking) timer = setTimeout(look, Math.max(REST, BETWEEN - (performance.now() - began)));
  }

  return { start, stop, pause, isOpen: () => stream !== null };
}

// Gives the text in a photo, '' when nothing is read; tried large first, then small.
export async function readPhoto(file, read) {
  const picture = await createImageBitmap(file);
  const canvas = document.createElement("canvas");
  for (const widest of [1600, WIDEST, 480]) {
    const seen = await read(drawn(canvas, picture, picture.width, picture.height, widest));
    if (seen.length) return nearest(seen, canvas);
  }
  return "";
}

function drawn(canvas, picture, width, height, widest = WIDEST) {
  const scale = Math.min(1, widest / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function nearest(seen, { width, height }) {
  const away = ({ x, y }) => Math.hypot(x - width / 2, y - height / 2);
  return seen.reduce((best, one) => (away(one) < away(best) ? one : best)).text;
}

function letGo(stream) {
  for (const track of stream.getTracks()) track.stop();
}
