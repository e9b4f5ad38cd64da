"""Makes what is published, in a folder: sdist, wheel, bills of materials, checksums. Run by `make dist`.

The rule kept here: one checkout gives one sdist and one wheel, byte for byte, wherever and whenever they are
made, and the wheel is made from the sdist. What a bill lists is what the package index gave on that day.
"""

import hashlib
import json
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRA = "emulator"

bill = runpy.run_path(str(Path(__file__).with_name("bill.py")))["bill"]


def main(folder: Path) -> None:
    """Fill an empty folder.

    Args:
        folder: Where it is, or is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"{folder} is not empty; remove what is in it first")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    [wheel] = folder.glob("*.whl")
    for extra in ("", EXTRA):
        name = "-".join(filter(None, [*wheel.name.split("-")[:2], extra]))
        text = json.dumps(bill(wheel, extra), indent=2, sort_keys=True) + "\n"
        (folder / f"{name}.cdx.json").write_text(text, encoding="utf-8", newline="\n")
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir())
    ]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
