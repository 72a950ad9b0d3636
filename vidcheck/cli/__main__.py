"""Lets ``python -m vidcheck.cli`` run the command line."""

from vidcheck.cli import main

main()
