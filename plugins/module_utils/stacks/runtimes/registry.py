# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The runtimes that programs are written for and that bring TLS to them.

Each module of this directory gives

    KIND            as in the evidence
    NAMES           regular expression that the interpreter's file name matches
    STANDS_ALONE    its version tells what it offers; otherwise only its answer, or the libssl below it, does
    BARE            variables under which the system's settings don't act on it
    command(interpreter, is_bare) -> the command that prints "version X" and "hello HEX" or "error TEXT", and runs no code of a user;
                    a second hello, "bare HEX", saves the second start
    environment(variables) -> those of the variables, or their parts, that act on its TLS and run no code
    with_options(variables, words) -> the variables with the options of a command line, and
    loads_more(variables, words) -> whether options have code run that could act on TLS; only where it has such options
    modules(host, interpreter) -> paths of the files that load its TLS library
    standard_input() -> bytes that the command reads; only where it needs some
    config(host, interpreter, variables) -> path of a settings file of its own, and what puts others on top; only where it has one
    version(host, interpreter) -> its version without running it, or None
"""

from ansible_collections.mailtls.fleet.plugins.module_utils.stacks.runtimes import java, node, perl, php, python, ruby

ALL = (java, node, perl, php, python, ruby)


def of_program(path):
    """Return the runtime whose interpreter the file at the real *path* is by its name, or None."""
    name = path.rpartition("/")[2]
    return next((runtime for runtime in ALL if runtime.NAMES.match(name)), None)


def of_kind(kind):
    """Return the runtime of that *kind*, or None when that is no runtime."""
    return next((runtime for runtime in ALL if kind == runtime.KIND), None)
