"""`alicred-emulator doctor`: what works on this machine, what does not, and what to do about it.

Each thing that is looked at is a probe in a table (`probes`): a name, what it is for, and a function that
looks. Nothing is changed, and nobody is asked beyond loopback; of a credential only its name is said.
"""
