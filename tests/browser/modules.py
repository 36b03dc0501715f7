"""The browser tests' npm packages, fetched once into the build folder exactly as the lock file has them."""
import pathlib
import shutil
import subprocess

from node import BIN

HERE = pathlib.Path(__file__).resolve().parent


def modules():
    folder = BIN / "browser-tests"
    stamp = folder / "fetched"
    lock = (HERE / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        folder.mkdir(exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        subprocess.run(["npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], check=True, timeout=300)
        stamp.write_text(lock)
    return folder
