"""Errors for people: each class carries the exit code of the command line and a remedy.

The tree::

    VidcheckError (1)
    ├── UsageError (2)           an option or argument that cannot be meant
    ├── InputError (3)           the clip cannot be used
    │   ├── NotFound
    │   ├── Unreadable
    │   ├── NotMedia
    │   ├── NoPicture
    │   ├── TooLarge
    │   ├── TookTooLong
    │   └── DecoderFailed
    ├── OutputError (3)          the result cannot be written there
    ├── ModelError (4)           a model is missing or is not the one it should be
    ├── DependencyError (5)      a library is missing or broken
    └── NotPossible (5)          a step cannot be done here: recorded as skipped, not as failed

Exit code 6 (finished with failed steps), 7 (a new analysis gives other results) and 130 (interrupted) are no errors of
their own: they are decided by the command line from the analysis and the signal. This module does not import click.
"""

from __future__ import annotations

from vidcheck.types import Words

EXIT_OK = 0
EXIT_UNEXPECTED = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_MODEL = 4
EXIT_DEPENDENCY = 5
EXIT_INCOMPLETE = 6
EXIT_DIFFERS = 7
EXIT_INTERRUPTED = 130


class VidcheckError(Exception):
    """Base of all errors that are meant to be read by people.

    Parameters
    ----------
    message:
        What is wrong, one line, naming the file or option.
    remedy:
        What to do about it, one line. Empty takes the remedy of the class.

    Examples
    --------
    >>> str(NotFound("There is no clip.mp4.")), NotFound.exit_code
    ('There is no clip.mp4. Check the path.', 3)
    """

    exit_code: int = EXIT_UNEXPECTED
    remedy: str = ""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        if remedy:
            self.remedy = remedy

    def __str__(self) -> str:
        """Message and remedy on one line."""
        return f"{self.message} {self.remedy}".strip()


class UsageError(VidcheckError):
    """An option or argument that cannot be meant."""

    exit_code = EXIT_USAGE


class InputError(VidcheckError):
    """The clip cannot be used."""

    exit_code = EXIT_INPUT


class NotFound(InputError):
    """There is no such file, or it is a folder."""

    remedy = "Check the path."


class Unreadable(InputError):
    """The file is there and cannot be read."""

    remedy = "Check its permissions, or copy it to a folder of your own."


class NotMedia(InputError):
    """The file is empty, damaged beyond reading, or no clip or photo at all."""

    remedy = "Ask for the original file, or open it in a player to see whether it is whole."


class NoPicture(InputError):
    """The file has sound or data and no picture."""

    remedy = "Ask for the clip with its picture."


class TooLarge(InputError):
    """The picture is larger than the limit."""

    remedy = "Raise the limit if you trust the file."


class TookTooLong(InputError):
    """The clip has been in work for longer than the limit."""

    remedy = "Raise the limit if you trust the file."


class DecoderFailed(InputError):
    """The process that decodes crashed or hung on the file."""

    remedy = "Analyse a copy that a player or an editor has written anew, and keep the original."


class OutputError(VidcheckError):
    """The result cannot be written there."""

    exit_code = EXIT_INPUT
    remedy = "Choose another folder with -o."


class ModelError(VidcheckError):
    """A model is missing, damaged, or not the one that the registry names."""

    exit_code = EXIT_MODEL
    remedy = "Run: vidcheck models verify"


class DependencyError(VidcheckError):
    """A library is missing or broken."""

    exit_code = EXIT_DEPENDENCY
    remedy = "Install vidcheck again: pip install --force-reinstall vidcheck"


class NotPossible(VidcheckError):
    """A step cannot be done on this installation or on this file: it is recorded as skipped, not as failed."""

    exit_code = EXIT_DEPENDENCY

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words
