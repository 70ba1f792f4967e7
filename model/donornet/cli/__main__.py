"""`python -m donornet.cli` is `donornet`."""

from donornet.cli import main

main(prog_name="donornet")
