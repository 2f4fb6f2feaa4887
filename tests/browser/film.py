"""Films for a camera that is not there: what a phone would see, as Chromium wants to be fed it."""

from collections.abc import Callable, Iterable
from pathlib import Path

import qrcode
from PIL import Image, ImageOps
from playwright.sync_api import Browser

Filmed = Callable[..., Browser]

WIDTH, HEIGHT, A_SECOND = 640, 480, 5
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def symbol(text: str) -> Image.Image:
    """Give a QR symbol with its quiet zone, as a picture."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_Q, box_size=8, border=4)
    code.add_data(text)
    picture: Image.Image = code.make_image().get_image().convert("L")
    return picture


def frame(picture: Image.Image) -> bytes:
    """Give a picture as it lies before the camera: whole, on a grey table, in I420."""
    held = ImageOps.contain(picture.convert("L"), (WIDTH, HEIGHT))
    seen = Image.new("L", (WIDTH, HEIGHT), 150)
    seen.paste(held, ((WIDTH - held.width) // 2, (HEIGHT - held.height) // 2))
    return b"FRAME\n" + seen.tobytes() + b"\x80" * (WIDTH * HEIGHT // 2)


def film(folder: Path, scenes: Iterable[tuple[Image.Image, int]]) -> tuple[str, ...]:
    """Make a film of pictures, each so many seconds; it begins anew at its end.

    Gives the flags for a Chromium that takes it for its camera.
    """
    file = folder / "camera.y4m"
    with file.open("wb") as made:
        made.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{A_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for picture, seconds in scenes:
            made.write(frame(picture) * (seconds * A_SECOND))
    return (*FAKE_CAMERA, f"--use-file-for-fake-video-capture={file}")
