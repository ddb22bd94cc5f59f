"""Coverage-guided fuzzing: what must hold of any bytes, of five kinds. `make fuzz-guided` runs it.

Each target is a module of its name with a `TARGET`: bytes to begin with, and what must hold of all others.
Only `guided` needs atheris: tests/compiler/test_fuzz_seeds.py replays
seeds, and all that was ever found, without it.
"""
