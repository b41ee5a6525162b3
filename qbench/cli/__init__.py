"""The command line: one module a verb, which parses and prints and decides nothing.

What a verb needs is imported inside it, so that ``qbench --help`` stays quick.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; errors of the user's end as one message, never a traceback."""
    from qbench.cli.app import app
    from qbench.exceptions import QbenchError

    try:
        app()
    except QbenchError as error:
        from qbench.cli.console import complain

        complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
