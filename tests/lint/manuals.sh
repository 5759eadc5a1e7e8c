#!/bin/sh
# The manual pages are clean under mandoc's lint; its remarks on style are not counted.
command -v mandoc >/dev/null || { echo "mandoc is not installed"; exit 77; }
mandoc -Tlint -Wwarning man/*
