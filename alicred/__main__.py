"""The command ``alicred``, as ``python -m alicred``."""

import sys

from alicred.cli import main

if __name__ == "__main__":
    sys.exit(main())
