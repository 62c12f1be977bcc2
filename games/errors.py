"""The exceptions for bad input from outside: flags, files, positions, engines."""


class InputError(ValueError):
    """Something a user gave cannot be used.

    The message is one line that names the culprit and the way out; the command line prints it
    and exits with code 2.
    """


class NotFoundError(InputError):
    """There is nothing of the name or number that a user gave; the server answers 404."""
