"""The shell's language: each decided word is the one that a real shell passes on."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailtls.fleet.plugins.module_utils.launches import shell, shell_state, wrappers
from ansible_collections.mailtls.fleet.plugins.module_utils.launches.launch import Context, Word
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import shell_lexer

HOME = "/home/alice"

# Every word of `probe` is decided, and a real shell runs it with the same ones.
AS_THE_SHELL = {
    "words": "probe a b  c",
    "quotes": "probe 'a b' \"c d\" e\\ f 'g'\"h\"i ''",
    "a backslash in double quotes": 'probe "a\\b" "\\$x" "\\\\" "\\`"',
    "a line that goes on": "probe a \\\n  b",
    "a comment": "probe a # b\nprobe c#d",
    "redirections": "probe a >/dev/null 2>&1 b </dev/null c 2>/dev/null",
    "a variable": 'X=1; probe $X "${X}" a$X',
    "a variable that blanks split": 'X="a b"; probe $X "$X" c$X',
    "an empty variable": 'X=; probe $X "$X" a',
    "one that was never set": 'probe $NEVER "$NEVER" a',
    "a default": 'probe "${NEVER:-a b}" ${NEVER:-c} ${HOME:-d}',
    "the home": "probe ~ ~/x a~ '~' X=~",
    "assigned home": 'X=~/y; probe "$X"',
    "single quotes keep": "X=1; probe '$X' '`id`'",
    "a list": "true && probe a; false || probe b",
    "a list that goes on": "true &&\n probe a",
    "a pipeline": "probe a | cat",
    "a condition": "if true; then probe a; else probe b; fi",
    "a group": "{ probe a; }; ( probe b )",
    "a case": 'case x in a|b) probe a;; x) probe "x" ;; *) probe c;; esac',
    "a case in parentheses": "case x in (x) probe a ;; esac\nprobe b",
    "a here-document": "cat >/dev/null <<EOF\nprobe no\nEOF\nprobe yes",
    "a here-document, indented": "cat >/dev/null <<-'EOF'\n\tprobe no\n\tEOF\nprobe yes",
    "a here-document that a shell reads": "sh <<EOF\nprobe a 'b c'\nEOF",
    "a here-document in which variables stand": 'X="a b"; sh <<EOF\nprobe $X \\"c\nprobe `echo d`\nEOF',
    "a here-document that is not expanded": "X=1; sh <<'EOF'\nX=2; probe $X\nEOF",
    "a here-document behind options": "sh -s a 'b c' <<EOF\nprobe \"\\$2\"\nEOF",
    "what a here-document runs": "cat >/dev/null <<EOF\n$(probe a 'b')\nEOF",
    "two here-documents": "cat <<A >/dev/null; sh <<B\nprobe no\nA\nprobe yes\nB",
    "a here-document of a condition": "if true; then sh <<EOF\nprobe a\nEOF\nfi",
    "the target of a redirection": 'cat <"$(probe a)" || true; probe b',
    "arithmetic": "X=$((1 + (2)))\nprobe a",
    "positional parameters": 'set -- a "b c"; probe "$@" $1 "$2"; shift; probe "$1"',
    "a variable set inside and used inside": 'if true; then X=1; probe "$X"; fi',
    "a variable set in a chain": 'true && X=1 && probe "$X"',
    "eval": "eval probe a",
    "a function that is not called": "f() { false; }; probe a",
    "a function that hands on its words": 'f() { probe x "$@" "$1"; }; f a "b c"; g() { f d "$@"; }\ng e',
    "a function of a subshell": "f() ( probe $1 )\nf a",
    "a function by bash's word": 'f() { shift; probe "$@"; }\nf a b',
    "the arguments are back behind a function": 'f() { set -- x; probe "$1"; }; set -- a; f b; probe "$1"',
    "a function that sets a variable": 'f() { X="$1"; }; f a; probe "$X"; f b; probe "$X"',
    "a function's own variable": 'f() { local X=b; probe "$X"; }; X=a; f; probe "$X"',
    "a function in the place of a program": 'true() { probe "$@"; }; true a',
    "the last function of a name": "f() { probe a; }; f() { probe b; }; f",
    "a function inside of a condition": 'if true; then f() { probe "$1"; }; fi; f a',
    "a loop": "for x in 1; do probe a; done; probe b",
    "command substitution runs too": "X=$(probe a >&2)",
    "semicolons in quotes": "probe 'a;b' \"c&d\"",
    "an escaped quote": "probe \\'a\\\"",
    "two assignments": 'A=1 B=2; probe "$A$B"',
    "tabs": "probe\ta\tb",
    "a nested substitution": 'X="$(echo "$(echo ")")")"; probe a',
}
# The same in bash.
AS_BASH = {
    "a text that a shell reads": "bash <<<'probe a \"b c\"'",
    "a process that a loop reads": "while read -r x; do true; done < <(probe a)",
    "a process among the words": "cat <(probe a)",
    "a name in pieces": "p'ro'be a; pro\\be b; \"pro\"be c; pr''obe d",
    "a name in C's way of quoting": "$'probe' a; $'\\x70robe' b; $'\\160rob\\u0065' c; probe $'\\e[0m\\a\\'\\?\\q'",
    "braces": "{probe,-v}; probe {a,b}c{d,{e,f}} x{,y}z; probe {,a} \"{a,b}\" '{a,b}' {a\\,b} {a} {} {a,b",
    "braces around what is quoted or expanded": "X=1; probe {${X},'a b',\"c,d\"}e",
    "braces of an assignment": 'X={a,b}; probe "$X"',
    "a process of its own": "coproc probe a; wait",
}
# name: (text, [(literal beginning, whether it may be many)]) of the undecided words of probe
UNDECIDED = {
    "a command's output": ('probe `id` "$(id)" a$(id)', [("", True), ("", False), ("a", True)]),
    "a variable out of a command": ('X=$(id); probe $X "$X" --opt=$X', [("", True), ("", False), ("--opt=", True)]),
    "set under a condition": ('X=1; if id; then X=2; fi; probe "$X"', [("", False)]),
    "set behind &&": ('id && X=2; probe "$X"', [("", False)]),
    "the variable of a loop": ('for x in a b; do probe "$x"; done', [("", False)]),
    "read": ('read x; probe "$x"', [("", False)]),
    "a pattern": ("probe /etc/*.conf", [("/etc/", True)]),
    "behind a file that is not there": ('. /no/such; probe "$X"', [("", False)]),
    "another expansion": ('X=abc; probe "${X%c}"', [("", False)]),
    "the words of a function that no command calls": ('f() { probe "$@" "$1"; }', [("", True), ("", False)]),
    "the elements of an array": ('X=(a "b c"); probe "${X[@]}" "$X"', [("", True), ("", False)]),
    "the first element of an array": ('X=(a); probe "$X"', [("", False)]),
    "a sequence of numbers": ("probe {1..3} a{b..c}d", [("", True), ("a", True)]),
    "more braces than are taken apart": ("probe " + "{a,b}" * 21, [("", True)]),
    "a longer word than is taken apart": ("probe {a,b}" + "c" * 4096, [("", True)]),
    "more words than are made of braces": ("probe " + "{a,b}" * 9, [("", True)]),
    "random": ('probe "$RANDOM"', [("", False)]),
}
BROKEN = {"a single quote": "a 'b", "a double quote": 'a\n"b', "a backtick": "`a", "a parenthesis": "$(a", "a brace": "${a"}


def started(text: str, name: str = "probe", **state):
    """The words of each command *name*, and of those in texts that another shell reads."""
    context = Context("cron", "/etc/crontab", 1, "alice", {"HOME": HOME}, HOME)
    return list(_started(text, name, shell_state.State(context, **state)))


def _started(text, name, state):
    for words, context in shell.commands(text, state):
        inner = wrappers.unwrapped(words, context)
        if words[0].text == name:
            yield words[1:]
        elif isinstance(inner, wrappers.Shell) and inner.text:
            yield from _started(inner.text.text, name, shell_state.State(inner.context, inner.arguments[1:]))


@pytest.mark.requires_program("sh")
@pytest.mark.requires_program("bash")
@pytest.mark.parametrize(("name", "program"), [*((name, "sh") for name in AS_THE_SHELL), *((name, "bash") for name in AS_BASH)])
def test_the_words_are_those_of_a_real_shell(name, program, tmp_path):
    """What the shell does not come to (an else) may be among ours, never the other way round."""
    text = {**AS_THE_SHELL, **AS_BASH}[name]
    seen = shlex.quote(str(tmp_path / "seen"))
    probe = tmp_path / "probe"
    probe.write_text(f'#!/bin/sh\nfor word; do printf "%s\\0" "$word" >>{seen}; done\nprintf \'\\n\' >>{seen}\n')
    probe.chmod(0o755)
    variables = {"HOME": HOME, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([program, "-c", text], env=variables, check=False, **quiet)
    real = [line.split("\0")[:-1] for line in (tmp_path / "seen").read_text().split("\n")[:-1]]
    ours = started(text)
    assert all(word.is_decided for words in ours for word in words)
    texts = [[word.text for word in words] for words in ours]
    assert real
    assert [words for words in texts if words in real] == real


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_only_the_running_shell_knows_is_undecided(name):
    text, expected = UNDECIDED[name]
    (words,) = started(text)
    assert [(word.text, word.may_be_many) for word in words if not word.is_decided] == expected


@pytest.mark.parametrize("name", BROKEN)
def test_what_no_shell_would_read(name):
    with pytest.raises(shell_lexer.ShellError) as error:
        started(BROKEN[name])
    assert "b" not in str(error.value).replace("line", "").replace("brace", "").replace("expected", "").replace("closing", "")


def test_the_environment_of_a_command():
    text = "A=1\nexport B=2 C\nC=3\nD=4 probe\nunset B\nE=`id` probe\n"
    context = Context("cron", "/etc/crontab", 1, "alice", {"HOME": HOME}, HOME)
    found = [inner for words, inner in shell.commands(text, shell_state.State(context)) if words[0].text == "probe"]
    assert [inner.environment for inner in found] == [
        {"HOME": HOME, "B": "2", "C": "3", "D": "4"},
        {"HOME": HOME, "C": "3", "E": None},
    ]
    assert [inner.line for inner in found] == [4, 6]


def test_a_file_that_is_sourced():
    files = {"/etc/default/x": "OPTS='-f /etc/x'\nexport OPENSSL_CONF=/y\n"}
    text = "[ -r /etc/default/x ] && . /etc/default/x\nprobe $OPTS\n"
    assert [[word.text for word in words] for words in started(text, sourced=files.get)] == [[""]]
    text = ". /etc/default/x\nprobe $OPTS\n"
    assert [[word.text for word in words] for words in started(text, sourced=files.get)] == [["-f", "/etc/x"]]


def test_the_first_of_files_in_braces_is_sourced():
    files = {HOME + "/a.sh": "probe $1\n", HOME + "/b.sh": "probe no\n"}
    assert [[word.text for word in words] for words in started(". ~/{a,b}.sh", sourced=files.get, arguments=None)] == [[""]]


def test_the_directory():
    context = Context("cron", "/etc/crontab", 1, "alice", {"HOME": HOME}, HOME)
    found = shell.commands("probe; cd x && probe; cd /y; probe; cd $(id); probe", shell_state.State(context))
    assert [inner.directory for words, inner in found if words[0].text == "probe"] == [HOME, HOME + "/x", "/y", None]


def test_functions_that_call_each_other_come_to_an_end():
    text = "".join(f"f{number}() {{ f{number + 1}; f{number + 1}; }}\n" for number in range(20)) + "f() { f; probe; }\nf\nf0\n"
    assert len(started(text)) <= shell_state.MAX_CALLS


def test_a_word_shows_nothing_of_itself():
    assert "hunter2" not in repr(Word("hunter2"))


# A carriage return between a backslash and a line feed is the line end of DOS, wherever it stands.
@given(st.lists(st.text(st.characters(blacklist_characters="\0\r", blacklist_categories=["Cs"]), max_size=20), max_size=6))
def test_what_is_quoted_stays(words):
    text = "probe " + " ".join(shlex.quote(word) for word in words)
    assert [[word.text for word in found] for found in started(text)] == [words]


@given(st.text("ab $`'\"\\(){}<>|&;#\n=*?[]~!-:/012xifdonethcas", max_size=60))
def test_nothing_but_a_shell_error_comes_out(text):
    try:
        started(text)
    except shell_lexer.ShellError as error:
        assert error.line >= 1
