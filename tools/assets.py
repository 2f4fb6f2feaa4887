"""The few files of other people's that a browser or a booklet needs, and where they come to lie."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.commands import ROOT

VENDOR = Path("web/static/vendor")
FONTS = Path("vouchers/booklet_pdf/fonts")
NOTO = "@expo-google-fonts/noto-sans"

# A module keeps its place towards the files that it imports: zxing's reader asks for ../share.js.
TAKEN = {
    VENDOR / "htmx": ["htmx.org/dist/htmx.min.js", "htmx.org/LICENSE"],
    VENDOR / "zxing": ["zxing-wasm/dist/es/share.js", "zxing-wasm/LICENSE"],
    VENDOR / "zxing/reader": [
        "zxing-wasm/dist/es/reader/index.js",
        "zxing-wasm/dist/reader/zxing_reader.wasm",
    ],
    VENDOR / "qr": ["qr/decode.js", "qr/index.js", "qr/LICENSE", "qr/LICENSE-MIT"],
    VENDOR / "swagger-ui": [
        "swagger-ui-dist/swagger-ui-bundle.js",
        "swagger-ui-dist/swagger-ui.css",
        "swagger-ui-dist/LICENSE",
        "swagger-ui-dist/NOTICE",
    ],
    FONTS: [
        f"{NOTO}/400Regular/NotoSans_400Regular.ttf",
        f"{NOTO}/700Bold/NotoSans_700Bold.ttf",
        f"{NOTO}-arabic/400Regular/NotoSansArabic_400Regular.ttf",
        f"{NOTO}-arabic/700Bold/NotoSansArabic_700Bold.ttf",
        f"{NOTO}/LICENSE_FONT",
    ],
}
COPIES = {source: folder / Path(source).name for folder, files in TAKEN.items() for source in files}


def copy_assets(node_modules: Path) -> None:
    """Lay out afresh the folders that git ignores, from what npm installed in `node_modules`."""
    for folder in (VENDOR, FONTS):
        shutil.rmtree(ROOT / folder, ignore_errors=True)
    for source, target in COPIES.items():
        (ROOT / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(node_modules / source, ROOT / target)
