"""The command group, and the mapping of errors to exit codes."""

from __future__ import annotations

import atexit
import os
import sys
import threading

import click

from vidcheck import __version__, errors


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Examples: vidcheck demo -o out | vidcheck analyze clip.mp4 -o out --place Pontianak",
)
@click.version_option(__version__, prog_name="vidcheck")
def cli() -> None:
    """A viral clip goes in, an evidence report comes out.

    vidcheck finds shots, counts people, describes clothing, reads texts, and says when a clip may
    have been recorded: what can be seen, how sure that is, on which frames it rests, and what it
    does not show. It recognises no faces. A human identifies people and decides.
    """


def one_line(error: errors.VidcheckError) -> str:
    """Return the message of an error as one printable line."""
    # A file name may hold anything, also an escape sequence or a line break.
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(error))


def main() -> None:
    """Run the command line and end the process with the documented exit code."""
    code = _run()
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        sys.exit(code)  # a step that was interrupted may be writing what it found
    # Everything is written. To take networks and modules apart one by one would cost up to half a second.
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BrokenPipeError:
            continue  # as below
        except OSError as error:
            if code == errors.EXIT_OK and stream is sys.stdout:
                click.echo(f"vidcheck: the output cannot be written ({error.strerror or error}).", err=True)
            code = code or errors.EXIT_UNEXPECTED
    os._exit(code)


def _run() -> int:
    import logging

    # A failed step is told in the result; its traceback is for whoever looks for it.
    level = logging.WARNING if os.environ.get("VIDCHECK_DEBUG") else logging.CRITICAL
    logging.basicConfig(level=level, format="%(name)s: %(message)s")
    try:
        code = cli(standalone_mode=False)
        return code if isinstance(code, int) else errors.EXIT_OK
    except SystemExit as ended:  # how a command gives its code
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or errors.EXIT_OK
        click.echo(f"vidcheck: {ended.code}", err=True)
        return errors.EXIT_UNEXPECTED
    except errors.VidcheckError as error:
        click.echo(f"vidcheck: {one_line(error)}", err=True)
        return error.exit_code
    except click.UsageError as error:
        # Click's own message spans three lines; one says what is wrong and where help is.
        name = error.ctx.command_path if error.ctx else "vidcheck"
        click.echo(f"vidcheck: {error.format_message()} See: {name} --help", err=True)
        return errors.EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("vidcheck: interrupted. What was finished is kept; run the same command again to go on.", err=True)
        return errors.EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return errors.EXIT_OK
    except MemoryError:
        click.echo("vidcheck: not enough memory. Close other programs, or use a smaller copy of the clip.", err=True)
        return errors.EXIT_UNEXPECTED
    except Exception as error:
        if os.environ.get("VIDCHECK_DEBUG"):
            raise
        said = " ".join(str(error).split())[:300]
        click.echo(
            f"vidcheck: unexpected error ({type(error).__name__}: {said}). "
            "Run again with VIDCHECK_DEBUG=1 and report what it prints.",
            err=True,
        )
        return errors.EXIT_UNEXPECTED
