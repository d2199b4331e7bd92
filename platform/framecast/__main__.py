"""`python -m framecast`: the same command as `platform`."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:  # the current folder comes last: its files are not the standard library's
        sys.path.append(sys.path.pop(0))
    from framecast.cli.app import main

    main()
