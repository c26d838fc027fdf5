# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh
#
# What the reach `shell` runs on a host, as root where it may. What a filter leaves out stands as one SUB character (octal 032).

NEWLINE='
'
LIMIT=1048576

# limited SECONDS COMMAND...: some commands wait for a lock for ever.
limited() {
    seconds=$1
    shift
    "$@" &
    running=$!
    (
        exec >/dev/null 2>&1
        while [ "$seconds" -gt 0 ] && kill -0 "$running"; do
            sleep 1
            seconds=$((seconds - 1))
        done
        [ "$seconds" -gt 0 ] || kill -9 "$running"
    ) &
    wait "$running"
}

# What is told in words is told one a line: the field separator is a line feed.
want_host() {
    IFS=$NEWLINE
    record host "$(uname -s)" "$(uname -r)" "$(uname -m)" "$(id -u)"
    record probe "$(printf 'tab\t line\n octets\303\244\377 .')"
}

# Files

real_path() {
    real=$(readlink -f "$1") || real=
    [ -n "$real" ] && return
    # The first systems of this kind had a readlink without -f, or none: the directory's links are resolved all the same.
    real=$(cd -P "${1%/*}/" && pwd -P)/${1##*/}
}

# seen PATH: notes its real path and its status. Ends with failure where there is nothing.
seen() {
    if [ ! -e "$1" ]; then
        [ -L "$1" ] || return 1
        why=$( (cat <"$1") 2>&1)
        case $why in *[lL]ink*) record denied "$1" 'too many levels of symbolic links' ;; esac
        return 1
    fi
    real_path "$1"
    record path "$1" "$real" "$(ls -ldnL "$1")"
}

# take FILTER PATH: the file as far as the filter lets it through.
take() {
    seen "$2" || return 0
    [ -f "$2" ] || return 0
    if [ ! -r "$2" ]; then
        record denied "$2" 'permission denied'
        return 0
    fi
    if [ ! -s "$2" ]; then
        # A file of /proc has no size, and may never end.
        record file "$2" ''
        return 0
    fi
    # That it may be read is not that it can: a file server or a security module has its own say, and files go.
    size=$(wc -c <"$2") || size=
    if [ -z "$size" ]; then
        record denied "$2" 'could not be read'
        return 0
    fi
    size=$((size))
    if [ "$size" -gt "$LIMIT" ]; then
        record denied "$2" "is $size bytes large: more than $LIMIT are not read"
        return 0
    fi
    if [ "$(($(tr -d '\000' <"$2" | wc -c)))" -ne "$size" ]; then
        record denied "$2" 'not a text file: it holds NUL bytes'
        return 0
    fi
    ended=1
    [ -n "$(tail -c 1 <"$2")" ] && ended=0
    export ended
    # $(...) drops the line feeds at the end, which the dot keeps.
    if content=$("$1" <"$2" && echo .); then
        content=${content%.}
        [ "$ended" = 0 ] && content=${content%"$NEWLINE"}
        record file "$2" "$content"
        noted "$1" "$content"
    else
        record denied "$2" 'what is of matter in it could not be told apart from what may be secret'
    fi
}

# named FILTER PATH: a file that something on the host names, of which it is to be told as well that it is not there.
named() {
    [ -e "$2" ] || record absent "$2"
    take "$1" "$2"
}

# take_including FILTER PATH: the file, and those that it names with "include = ", itself or by their directory, once.
take_including() {
    take "$1" "$2"
    [ -f "$2" ] && [ -r "$2" ] || return 0
    # shellcheck disable=SC2013
    for included in $(sed -n 's/^[[:blank:]]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:blank:]]*=[[:blank:]]*"\{0,1\}\(\/[^"]*\).*$/\1/p' <"$2"); do
        included=${included%/}
        if [ -d "$included" ]; then
            entries "$included" '*'
            each_path "$included/*" take "$1"
        else
            named "$1" "$included"
        fi
    done
}

# entries DIRECTORY PATTERN: the names in it, as far as they match.
entries() {
    [ -d "$1" ] || return 0
    seen "$1"
    if [ -r "$1" ] && [ -x "$1" ]; then
        record names "$1" "$2" "$(cd "$1" && set +f && for name in $2; do { [ -e "$name" ] || [ -L "$name" ]; } && printf '%s\n' "$name"; done)"
    else
        record denied "$1" 'permission denied'
    fi
}

# each PATTERN COMMAND [ARGUMENT]: the command for each path that the pattern matches; "~" stands for each home.
each() {
    on_the_way "$1"
    case $1 in
        '~'*)
            pattern=${1#?}
            for home in $HOMES; do each_path "$home$pattern" "$2" "$3"; done
            ;;
        *) each_path "$1" "$2" "$3" ;;
    esac
}

each_path() {
    case $1 in
        *[*?[]*)
            set +f
            # shellcheck disable=SC2086
            set -- "$2" "$3" $1
            set -f
            command=$1 argument=$2
            shift 2
            for found; do
                [ -n "$argument" ] && "$command" "$argument" "$found"
                [ -n "$argument" ] || "$command" "$found"
            done
            ;;
        *)
            [ -n "$3" ] && "$2" "$3" "$1"
            [ -n "$3" ] || "$2" "$1"
            ;;
    esac
}

# The directories that patterns lead through, and those that have to be listed for them; "~" stands for each home.
WAYS=$NEWLINE
LISTED=$NEWLINE

on_the_way() {
    way=${1%/*}
    case ${1##*/} in *[*?[]*) case $LISTED in *"$NEWLINE$way$NEWLINE"*) ;; *) LISTED=$LISTED$way$NEWLINE ;; esac ;; esac
    while [ -n "$way" ] && [ "$way" != '~' ]; do
        case $WAYS in *"$NEWLINE$way$NEWLINE"*) return 0 ;; esac
        WAYS=$WAYS$way$NEWLINE
        way=${way%/*}
    done
}

# want_ways: those of them, and of the directories of programs, that are closed. Behind one that can't be entered nothing seems to be.
want_ways() {
    for way in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do enterable "$way"; done
    for way in $WAYS; do each "$way" enterable ''; done
    for way in $LISTED; do each "$way" listable ''; done
}

enterable() { [ ! -d "$1" ] || [ -x "$1" ] || record closed "$1"; }
listable() { [ ! -d "$1" ] || [ ! -x "$1" ] || [ -r "$1" ] || record closed "$1"; }

want_file() { each "$2" take "$1"; }
want_file_including() { each "$2" take_including "$1"; }
want_status() { each "$1" seen ''; }
want_names() { each "$1" listed "$2"; }
listed() { entries "$2" "$1"; }

# Homes, one a line.

# here: of paths, those that no automounter would first have to mount: a fleet that asked for each home would ask for hosts x users of them.
# Of two file systems at one place the later one counts.
here() {
    if ! command -v awk >/dev/null || [ ! -r /proc/self/mountinfo ]; then
        cat
        return
    fi
    awk 'FNR == NR {
            split($0, halves, " - ")
            split(halves[2], told, " ")
            waits[$5] = told[1] == "autofs" && told[3] ~ /(^|,)indirect(,|$)/
            next
        }
        {
            place = $0
            while (!(place in waits) && place != "/" && place != "") if (!sub(/\/[^\/]*$/, "", place)) break
            if (place == $0 || !(place in waits) || !waits[place]) print
        }' /proc/self/mountinfo -
}

waiting() { sed -n 's/^[^ ]* [^ ]* [^ ]* [^ ]* \([^ ]*\) .* - autofs [^ ]* \(.*,\)\{0,1\}indirect\(,.*\)\{0,1\}$/\1/p' </proc/self/mountinfo; }

want_homes() {
    set +f
    # Those of a domain lie below its name, which nobody owns.
    domains=$(find /dev/null /home/* /Users/* -prune -type d -user 0 | here)
    of_domains=$(for domain in $domains; do find /dev/null "$domain"/* -prune -type d ! -user 0; done)
    # The last line may have no end.
    HOMES=$( (sed -n 's/^[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:\(\/[^:]*\):[^:]*$/\1/p' </etc/passwd; printf '\n%s' /home/* /Users/* "$of_domains"; echo) |
        sed 's/\/*$//; /^$/d' | sort -u | here)
    set -f
    kept=
    for home in $HOMES; do
        if [ ! -d "$home" ]; then
            on_the_way "$home"
            continue
        fi
        seen "$home"
        if [ -r "$home" ] && [ -x "$home" ]; then
            record home "$home" 1
            kept=$kept$home$NEWLINE
        else
            record home "$home" 0
        fi
    done
    HOMES=$kept
    for place in $(waiting); do
        case $place in /home | /Users | /home/*) record away "$place" ;; esac
    done
    entries /home '*'
    entries /Users '*'
}
