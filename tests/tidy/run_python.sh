#!/bin/sh
# Runs a Python program of the tree: the first argument, with the rest as its arguments.
exec python3 -B "$@"
