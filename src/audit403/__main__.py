"""`python -m audit403`."""

import sys

from audit403.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
