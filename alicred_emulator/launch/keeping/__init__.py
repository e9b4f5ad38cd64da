"""How a program is started, and nothing is left of it: Linux's way, with a process beside the command.

Three processes take part. The command itself is the emulator, and passes signals on (`passing_on`, `ear`).
The *keeper* (`keeper`, with `kept` as the command's end of the line) is forked from it while it has one
thread, since only such a process may enter a user namespace; it enters the sandbox, starts the program in
there, and stays until all that the program started is over. It keeps the folder of temporary files, too: so
whichever process is killed, one is left to clean up.

- The command is killed: the channel to the keeper closes, which ends the program with all its descendants and
  removes the folder.
- The keeper is killed: the kernel kills the program with it, and the command removes the folder.
- The command's whole process group is killed: the keeper has one of its own, and cleans up as before.

The program belongs to the command's process group, so that a terminal and its job control mean what they
always mean. What a terminal sends reaches the program by itself; what is sent to the command alone is passed
on.
"""
