"""On a system that lacks what Linux has, every module can be imported but for those that are Linux's."""

import subprocess
import sys

import pytest

LINUX = (
    "alicred_emulator.launch.keeping.",
    "alicred_emulator.launch.isolation.namespace",
    "alicred_emulator.sandbox.",
)
"""What a namespace needs. Whoever may run elsewhere imports it where it has found out that this is Linux."""

MODULES = {
    "darwin": (),
    "win32": ("fcntl", "grp", "pwd", "pty", "resource", "syslog", "termios", "tty"),
}
NAMES = {
    "darwin": {
        "os": "O_PATH ST_NOEXEC memfd_create sched_getaffinity setns unshare",
        "signal": "sigtimedwait sigwaitinfo struct_siginfo",
        "socket": "AF_NETLINK SO_PEERCRED",
    },
    "win32": {
        "os": (
            "O_NONBLOCK O_PATH ST_NOEXEC WIFSIGNALED WNOHANG WTERMSIG fchmod fchown fork forkpty getegid "
            "geteuid getgid getpgrp getsid getuid killpg memfd_create mkfifo openpty register_at_fork "
            "sched_getaffinity setns setpgid setsid statvfs uname unshare"
        ),
        "signal": (
            "ITIMER_REAL SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 "
            "SIGUSR2 SIGWINCH SIGXFSZ SIG_BLOCK SIG_SETMASK SIG_UNBLOCK alarm pthread_sigmask setitimer "
            "sigtimedwait sigwaitinfo struct_siginfo"
        ),
        "socket": "AF_NETLINK AF_UNIX SO_PEERCRED SO_REUSEPORT recv_fds send_fds",
    },
}
"""What these systems do not have, by the documentation of Python."""

SCRIPT = """
import importlib, pkgutil, sys, types
import alicred, alicred_emulator

def import_all(told):
    for package in (alicred, alicred_emulator):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                try:
                    importlib.import_module(found.name)
                except (ImportError, AttributeError) as error:
                    told(found.name, error)

import_all(sys.exit)  # here nothing is missing, and others' modules are loaded for good
for name in [name for name in sys.modules if name.partition(".")[0] in ("alicred", "alicred_emulator")]:
    if name not in ("alicred", "alicred_emulator"):
        del sys.modules[name]
platform, modules, names = PLATFORM, MODULES, NAMES
sys.platform = platform
sys.modules.update(dict.fromkeys(modules))
if platform == "win32":
    for name in ("msvcrt", "asyncio.windows_events"):
        sys.modules[name] = types.ModuleType(name)
    importlib.import_module("signal").SIGBREAK = 21
for module, missing in names.items():
    for name in missing.split():
        vars(importlib.import_module(module)).pop(name, None)
import_all(lambda name, error: print(name))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what is not here cannot be taken away")
@pytest.mark.parametrize("platform", MODULES)
def test_elsewhere_only_what_is_linuxs_cannot_be_imported(platform):
    """The command, the plugin and the library are there without a fork, POSIX signals and local sockets."""
    script = (
        SCRIPT.replace("PLATFORM", repr(platform))
        .replace("MODULES", repr(MODULES[platform]))
        .replace("NAMES", repr(NAMES[platform]))
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    missing = done.stdout.split()
    assert "alicred_emulator.launch.keeping.passing_on" in missing
    assert [name for name in missing if not name.startswith(LINUX)] == []
