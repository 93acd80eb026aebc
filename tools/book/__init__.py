"""The parts of the book tool; `tools/book.py --help` explains it."""
