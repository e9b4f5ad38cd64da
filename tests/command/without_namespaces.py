"""Runs a command where the kernel refuses namespaces to ordinary users, who must be running it.

In a user namespace of its own, the number of further ones is limited to none; with the command the rights in
it are gone.
"""

import os
import sys
from pathlib import Path

from alicred_emulator.sandbox import kernel

kernel.separate()
Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="ascii")
os.execvp(sys.argv[1], sys.argv[1:])
