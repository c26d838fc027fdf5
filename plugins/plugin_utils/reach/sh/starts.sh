# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# How the tables start mail clients

# want_starts NAME: those of them that start it in another way than without options or with those in $harmless, or in an environment that
# they change. Nothing of the command line goes out, as it may hold a password. With $operands, a word that is no option counts as well.
# shellcheck disable=SC2013,SC2086
want_starts() {
    for table in $(grep -l -- "$1" $TABLES); do starts "$1" "$table"; done
}

# shellcheck disable=SC2046,SC2154
starts() {
    case $(started "$1" <"$2") in
        changed) ;;
        plain) [ -n "$(setting "$changing" $(around "$2"))" ] || return 0 ;;
        *) return 0 ;;
    esac
    # How a package's own daemon starts is known by its settings.
    case $2 in
        /etc/init.d/* | /etc/network/* | /etc/ppp/* | /etc/NetworkManager/* | /etc/networkd-dispatcher/* | /etc/dhcp/*)
            [ -n "$(packaged "$2")" ] && return 0
            ;;
    esac
    record started "$1" "$2"
}

# started NAME: whether the table starts it, and by its options plain or changed. A command that a variable holds may be it.
started() {
    name=$1 awk '{ sub(/^[ \t]*[;#].*$/, "") }
        index($0, ENVIRON["name"]) { named = 1 }
        {
            gsub(/["\047)},]|\[|\]/, " ")
            gsub(/[({`]/, " ; ")
            inside = 0
            last = ""
            for (i = 1; i <= NF; i++) {
                word = before = $i
                gsub(/[;&|<>]/, "", word)
                sub(/^(Exec[A-Za-z]*|command)=[-@:+!]*/, "", word)
                if (word == "") { last = before; if (before ~ /[;|&]/) inside = 0; continue }
                if (word ~ /^[A-Za-z_][A-Za-z0-9_]*=/ && word ~ "[=/]" ENVIRON["name"] "$") named = computed = 1
                if (word ~ /^[$]/ && (i == 1 || last ~ /^(then|do|else|exec|eval|sudo|nice|env|!)$/ || last ~ /[;&|]$/)) computed = 1
                is_start = word !~ /\/init\.d\// && last !~ /^(service|invoke-rc\.d|rc-service|-[xfev])$/
                sub(/^.*\//, "", word)
                if (word == ENVIRON["name"] && is_start) { inside = started = 1; if (before ~ /[;|&]$/) inside = 0; last = before; continue }
                last = before
                if (!inside) continue
                if (before ~ /^[;|&<>0-9]/) { if (before ~ /^[;|&]/) inside = 0; continue }
                if (before ~ /^-/ && !index(ENVIRON["harmless"], " " before " ") || before !~ /^-/ && ENVIRON["operands"] != "") changed = 1
                if (before ~ /[;|&]$/) inside = 0
            }
        }
        END { if (started && changed || named && computed) print "changed"; else if (started) print "plain" }'
}

# around TABLE: it, the tables that lead to it, and what these have a shell read.
# shellcheck disable=SC2046,SC2086
around() {
    led=$1 fresh=$1
    while [ -n "$fresh" ]; do
        fresh=$(without "$led" "$(for one in $fresh; do grep -lF -- "${one##*/}" $TABLES; done)")
        [ -n "$fresh" ] && led=$led$NEWLINE$fresh
    done
    reads $led
}

# reads FILE...: these, what they have a shell read, and so on. For a name that only the shell knows stands all that a pattern beside it may
# stand for.
# shellcheck disable=SC2086
reads() {
    all=$* fresh=$*
    while [ -n "$fresh" ]; do
        fresh=$(without "$all" "$(for name in $(read_by $fresh); do
            if [ "$name" = '?' ]; then
                matching $fresh
            else
                for table in $TABLES; do case $table in */"$name") printf '%s\n' "$table" ;; esac; done
            fi
        done)")
        [ -n "$fresh" ] && all=$all$NEWLINE$fresh
    done
    printf '%s\n' "$all"
}

# matching FILE...: what lies in the directories of which these have a pattern, or which they list; but for those whose files sessions read
# anyway.
# shellcheck disable=SC2046
matching() {
    for directory in $(grep -hE '/[^[:blank:]]*[*?]|(for|while|find|ls)[[:blank:]]|`|\$\(' -- "$@" | words_of | sed 's/\/*$//' |
        { printf '%s\n' "$HOMES" = && cat; } | placed | sort -u); do
        [ -d "$directory" ] && [ "$directory" != /etc/profile.d ] && small $(entries_of "$directory" ! -type d)
    done
}

# setting EXPRESSION FILE...: those that have one of the variables of the expression elsewhere than behind a dollar sign.
setting() {
    expression="(^|[^A-Za-z0-9_\${])($1)([^A-Za-z0-9_]|\$)"
    shift
    expression=$expression awk '/^[ \t]*[#;]/ { next }
        $0 ~ ENVIRON["expression"] && !(FILENAME in found) { found[FILENAME] = 1; print FILENAME }' "$@"
}

# want_sessions: the files that have sessions read others, and those that set one of the variables of $exporting.
# shellcheck disable=SC2046,SC2086,SC2154
want_sessions() {
    [ -n "$(setting "$exporting" $(without "$SESSION_FILES" "$(reads $SESSION_FILES)"))" ] || return 0
    for file in $SESSION_FILES; do
        for other in $(setting "$exporting" $(without "$SESSION_FILES" "$(reads "$file")")); do record session "$file" "$other"; done
    done
}

# want_urls: those of them that name a mailbox as a URL, which programs of many kinds take.
# shellcheck disable=SC2013,SC2086
want_urls() {
    for table in $(grep -lE '(imap|pop3)s?://' -- $TABLES); do record url "$table"; done
}
