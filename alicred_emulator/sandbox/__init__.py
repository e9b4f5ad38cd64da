"""A machine in which Alibaba Cloud's names are the fakes: namespaces of Linux, for any program, without root.

The process that is to be put there separates its network and its mounts from the machine's (`kernel`); where
that takes a right which it does not have, in a user namespace of its own in which its uid stays what it is.
The network then is a loopback interface with a few further addresses (`network`), and nothing routes anywhere
else. Files that say where names are and whom to trust are laid over those of the machine (`places`).

Nobody has to run inside in order to serve inside: a socket belongs to the network in which it was made, so
those that were bound inside are passed to the emulator outside, which listens on them. Names are answered
(`resolver`) in the same way. So the program is alone in there, and what it is given ends with it: a namespace
lasts as long as a process or a socket of it.
"""
