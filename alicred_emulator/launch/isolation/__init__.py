"""The ways in which a program meets the fakes, from a network of its own down to a few variables.

`table` names them, `setting` says what each is given and returns; each has a file.
"""
