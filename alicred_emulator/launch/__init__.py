"""`alicred-emulator exec`: a program runs as if it were on the instance, and what it needs is gone with it.

`command` is where to begin to read. What it puts together lies in a package each:

- `isolation`: the ways in which the program meets the fakes, the strongest first;
- `keeping`: the process that starts the program, and cleans up behind whoever is killed;
- `attaching`: an emulator that runs already, in another process, instead of the command's own;
- `companions`: a clock that the program shows, a scenario that is played meanwhile.
"""
