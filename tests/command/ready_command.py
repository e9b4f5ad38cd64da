"""`alicred-emulator`, loaded once for many runs.

Each run is a fork that is given streams, variables, a directory and arguments of its own over a socket, which
is this process's standard input, and its exit status goes back by the same way. Loading takes longer than all
else that a short run does.
"""

import json
import os
import socket
import sys

from alicred_emulator import cli, remote  # noqa: F401 - loaded is all that they have to be
from alicred_emulator.__main__ import main
from alicred_emulator.launch import command  # noqa: F401 - the same

LARGEST = 1_000_000
STREAMS = 3


def serve(line):
    """Run what is asked for, one run after the other, until nobody asks any more."""
    while True:
        asked, streams, *_ = socket.recv_fds(line, LARGEST, STREAMS)
        if not asked:
            return
        child = os.fork()
        if child == 0:
            run(line, streams, **json.loads(asked))
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        line.send(str(os.waitstatus_to_exitcode(status)).encode())


def run(line, streams, arguments, variables, folder):
    """Become a run, and end with it."""
    line.close()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv[1:] = arguments
    status = 1
    try:
        main()
    except SystemExit as ended:
        status = ended.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
