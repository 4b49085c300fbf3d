"""Make the pictures of the README: the demo shop, served, in a headless browser."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from queue import Queue

from PIL import Image

from tonggan import Shop
from tonggan.demo import write_demo_feed
from tonggan.serve.server import build_server

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=8000",
)

PICTURES = {
    "page": ("/?q=red", (1280, 860)),
    "page-zh": ("/?q=%E8%BF%9E%E8%A1%A3%E8%A3%99&lang=zh", (1280, 860)),
}


def main() -> None:
    """Write each picture into the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "pictures")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Shop.open(Path(scratch) / "shop") as shop:
        shop.ingest(write_demo_feed(Path(scratch) / "feed"))
        urls: Queue[str] = Queue()
        server = build_server(shop, "127.0.0.1", 0, on_ready=urls.put)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        url = urls.get(timeout=60)
        for name, (path, size) in PICTURES.items():
            take(url + path, folder / f"{name}.png", size=size)
        server.should_exit = True
        thread.join()


def take(url: str, target: Path, *, size: tuple[int, int]) -> None:
    """Take a picture of a page, in few colours so that it stays small."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory() as profile:
        window = f"--window-size={size[0]},{size[1]}"
        command = [browser, *FLAGS, f"--user-data-dir={profile}", window, f"--screenshot={target}", url]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    with Image.open(target) as image:
        image.convert("RGB").quantize(200, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main()
