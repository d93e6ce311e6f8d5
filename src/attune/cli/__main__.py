"""`python -m attune.cli`, which is what torchrun can start."""

from attune.cli.application import main

if __name__ == "__main__":
    main()
