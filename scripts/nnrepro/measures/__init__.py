"""What is read off a run: its files, curves, functions of them, and their words."""
