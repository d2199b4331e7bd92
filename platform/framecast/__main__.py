"""`python -m framecast`: the same command as `platform`."""

from framecast.cli.app import main

if __name__ == "__main__":
    main()
