"""The one exception for bad input from outside: flags, files, positions, engines."""


class InputError(ValueError):
    """Something a user gave cannot be used.

    The message is one line that names the culprit and the way out; the command line prints it
    and exits with code 2.
    """
