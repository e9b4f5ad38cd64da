"""What accompanies a program: a clock that it shows, a scenario that is played meanwhile."""
