# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# How the tables start mail clients

# want_starts NAME: those of them that start it in another way than without options or with those in $harmless, or in an environment that
# they change. Nothing of the command line goes out, as it may hold a password. With $operands, a word that is no option counts as well.
# shellcheck disable=SC2013,SC2046,SC2086,SC2154
want_starts() {
    # A shell puts it together of pieces in quotes.
    spelled=$(printf '%s' "$1" | sed "s/\./[.]/g;s/[a-zA-Z0-9-]/[\\\\\\\\\"']*&/g;s/^[^*]*\*//")
    for table in $(grep -lE -- "$spelled" $TABLES); do starts "$1" "$table"; done
    # A drop-in may be for a unit of a package, which is named as its program is.
    for table in $(setting "$changing" $(printf '%s' "$TABLES" | grep -F "$1" | grep -F .service.d/)); do record started "$1" "$table"; done
}

# shellcheck disable=SC2046,SC2086,SC2154
starts() {
    case $(started "$1" <"$2") in
        changed) ;;
        plain)
            led=$(around "$2")
            [ -n "$(setting "$changing" $led)" ] || [ -n "$(unseen $led)" ] || return 0
            ;;
        *) return 0 ;;
    esac
    # How a package's own daemon starts is known by its settings.
    case $2 in
        /etc/init.d/* | /etc/network/* | /etc/ppp/* | /etc/NetworkManager/* | /etc/networkd-dispatcher/* | /etc/dhcp/* | /etc/xdg/* | \
            /lib/systemd/* | /usr/lib/systemd/* | /usr/share/*)
            [ -n "$(packaged "$2")" ] && return 0
            ;;
    esac
    record started "$1" "$2"
}

# started NAME: whether the table starts it, and by its options plain or changed. A command that a variable holds may be it, and a word
# that a variable holds may be an option. Of settings in sections, as of units, no key is a variable.
started() {
    name=$1 spelled=$spelled awk '
        function are_harmless(word,    plain, at) {
            plain = word
            if (word ~ /^--[a-z-]+=[0-9]+$/) sub(/=.*/, "", plain)
            if (word !~ /^-[A-Za-z]+[0-9]*$/) return index(ENVIRON["harmless"], " " plain " ")
            if (index(ENVIRON["harmless"], " " word " ")) return 1
            sub(/[0-9]+$/, "", plain)
            for (at = 2; at <= length(plain); at++) if (!index(ENVIRON["harmless"], " -" substr(plain, at, 1) " ")) return 0
            return 1
        }
        function is_looked_for() {
            if (last ~ /^(start|stop|restart|reload|status|which|type|hash)$/) return 1
            if (before_last ~ /^(which|type|hash)$/ && last ~ /^-[a-zA-Z]$/) return 1
            return last ~ /^-[xfev]$/ && before_last ~ /^(|;|if|while|test|command|!)$/ || before_last == "command" && last ~ /^-p?[vV]$/
        }
        # A user behind the time, as in a table of the system.
        function is_user(word,    row, is_found) {
            if (last !~ /^[0-9*@]/) return 0
            while ((getline row <"/etc/passwd") > 0) if (index(row, word ":") == 1) is_found = 1
            close("/etc/passwd")
            return is_found
        }
        # What may stand before a command, as the time of a table.
        function stands_before(word) {
            if (word ~ /^(if|elif|while|until|then|else|do|sudo|doas|env|exec|nice|nohup|timeout|chronic|command|!)$/) return 1
            return word ~ /^[-@]/ || word ~ /^[A-Za-z_][A-Za-z0-9_]*=/ || word ~ /^[0-9*,\/~]+[a-z-]*[0-9*,\/~-]*$/ || is_user(word)
        }
        { sub(/\r$/, ""); sub(/^[ \t]*(;|#[^!]|#$).*$/, ""); gsub(ENVIRON["spelled"], ENVIRON["name"]) }
        /^[ \t]*\[[A-Za-z]/ { settings = 1 }
        index($0, ENVIRON["name"]) { named = 1 }
        {
            if (!goes_on) { inside = rooted = fed = idle = 0; begins = 1; last = before_last = "" }
            if (!goes_on) holds = !settings && $0 ~ /^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*=/
            goes_on = $0 ~ /[\\,([][ \t]*$/
            sub(/\\[ \t]*$/, "")
            gsub(/<<</, " ; ")
            gsub(/["\047},]|\[|\]/, " ")
            gsub(/[)]/, " ) ")
            gsub(/`/, " $ ; ")
            gsub(/[({]/, " ; ")
            gsub(/&>|>&/, ">")
            gsub(/[0-9]*[<>]+[ \t]*/, " >")
            gsub(/[;&|]+/, " ; ")
            for (i = 1; i <= NF; i++) {
                word = $i
                if (word ~ /^>/) continue
                if (word == ")") { idle = 0; begins = 1; continue }
                if (word == ";") { inside = rooted = fed = idle = 0; begins = 1; last = word; continue }
                sub(/^(Exec[A-Za-z]*|command)=[-@:+!]*/, "", word)
                if (!settings && word ~ /^[A-Za-z_][A-Za-z0-9_]*=/ && word ~ "[=/]" ENVIRON["name"] "$") named = computed = 1
                if (word ~ /^[$]/ && last ~ /^(|then|do|else|exec|eval|sudo|nice|env|!|;)$/) computed = 1
                if (begins && word ~ ENVIRON["starts_nothing"]) idle = 1
                begins = begins && stands_before(word)
                is_service = word ~ /\/init\.d\//
                sub(/^.*[\/%\\]/, "", word)
                if (word == "chroot") rooted = 1
                # Further words come from its input.
                if (word ~ /^(xargs|parallel)$/) fed = 1
                if (word == ENVIRON["name"]) {
                    if (holds && last ~ /=$|^(which|-v)$/) computed = 1
                    # What looks for it may stand in its place: $(which NAME) --option.
                    if (is_service || is_looked_for()) inside = last ~ /^(which|-v)$/
                    else if (idle) inside = 0
                    else { inside = started = 1; if (rooted || fed) changed = 1 }
                } else if (inside && $i !~ /^[0-9]/) {
                    if ($i ~ /[$]/ || $i ~ /^-/ && !are_harmless($i) || $i !~ /^-/ && ENVIRON["operands"] != "") changed = started = 1
                }
                before_last = last
                last = $i
            }
        }
        END { if (started && changed || named && computed) print "changed"; else if (started) print "plain" }'
}

# around TABLE: it, the tables that lead to it, their drop-ins, and what these have a shell read.
# shellcheck disable=SC2086
around() {
    led=$1 fresh=$1
    while [ -n "$fresh" ]; do
        fresh=$(without "$led" "$(printf '%s\n' "$fresh" | sed 's/^.*\///' | grep -lF -f - $TABLES; drop_ins $fresh)")
        [ -n "$fresh" ] && led=$led$NEWLINE$fresh
    done
    reads $led
}

drop_ins() {
    for unit; do
        for table in $TABLES; do case $table in */"${unit##*/}".d/*) printf '%s\n' "$table" ;; esac; done
    done
}

# reads FILE...: these, what they have a shell read, and so on. For a name that only the shell knows stands all that it may be.
# shellcheck disable=SC2046,SC2086
reads() {
    all=$* fresh=$*
    while [ -n "$fresh" ]; do
        read=$(read_by $fresh)
        fresh=$(without "$all" "$(for name in $(printf '%s\n' "$read" | sed '/^?/d'); do
            for table in $TABLES; do case $table in */"$name") printf '%s\n' "$table" ;; esac; done
        done; meant $(by_a_variable "$read"))")
        [ -n "$fresh" ] && all=$all$NEWLINE$fresh
    done
    printf '%s\n' "$all"
}

# meant FILE...: the texts that these may have a shell read by a variable or a pattern.
# shellcheck disable=SC2086
meant() {
    [ "$#" -gt 0 ] || return 0
    may_be_meant "$@"
    { last_parts "$@"; printf '%s\n' = $TABLES; } | named_so
}

# unseen FILE...: those that have a shell read what only that shell knows; what packages read so, they bring. What everybody's own files read
# so are the files of their directory, which are read by themselves.
unseen() {
    own "$(read_by "$@" | sed -n 's/^?? //p' | grep -vxE '/etc/(profile|bash\.bashrc|bashrc|kshrc|(zsh/)?z(shenv|profile|shrc|login))')"
}

# setting EXPRESSION FILE...: those that have one of the variables of the expression elsewhere than behind a dollar sign.
# shellcheck disable=SC2046
setting() {
    expression="(^|[^A-Za-z0-9_\${])($1)([^A-Za-z0-9_]|\$)"
    shift
    [ "$#" -gt 0 ] || return 0
    expression=$expression awk '/^[ \t]*[;#]/ { next }
        $0 ~ ENVIRON["expression"] && !(FILENAME in found) { found[FILENAME] = 1; print FILENAME }' $(grep -lE "$expression" "$@") /dev/null
}

# want_sessions: the files that have sessions read others, and those that set one of the variables of $exporting; and managers' own files.
# shellcheck disable=SC2046,SC2086,SC2154
want_sessions() {
    for file in /etc/systemd/system.conf /etc/systemd/user.conf /etc/systemd/system.conf.d/*.conf /etc/systemd/user.conf.d/*.conf; do
        [ -f "$file" ] && [ -n "$(setting "$exporting" "$file")" ] && record session "$file" "$file"
    done
    led=$(reads $SESSION_FILES)
    [ -n "$(setting "$exporting" $(without "$SESSION_FILES" "$led"))$(unseen $led)" ] || return 0
    for file in $SESSION_FILES; do
        led=$(reads "$file")
        for other in $(setting "$exporting" $(without "$SESSION_FILES" "$led")); do record session "$file" "$other"; done
        # What a shell completes by is of no matter.
        case $file in *rc | *.fish) continue ;; esac
        for other in $(unseen $led); do record session_unseen "$file" "$other"; done
    done
}

# by_a_scheme FILE...: those of them that give curl a URL by a scheme that a variable holds, other than the schemes of the web.
by_a_scheme() {
    [ "$#" -eq 0 ] || awk '/^[ \t]*#/ { next }
        match($0, /[A-Za-z_][A-Za-z0-9_]*="?https?["; \t]/) || match($0, /[A-Za-z_][A-Za-z0-9_]*="?https?$/) {
            name = substr($0, RSTART, RLENGTH)
            sub(/=.*$/, "", name)
            web[FILENAME " " name] = 1
        }
        {
            text = $0
            while (match(text, /[$][{]?[A-Za-z_][A-Za-z0-9_]*[}]?:\/\//)) {
                name = substr(text, RSTART, RLENGTH)
                gsub(/[${}:\/]/, "", name)
                if ($0 ~ /curl/) used[FILENAME " " name] = FILENAME
                text = substr(text, RSTART + RLENGTH)
            }
        }
        END { for (use in used) if (!(use in web)) print used[use] }' "$@" | sort -u
}

# want_mailboxes: those of them that name a mailbox as a URL, which programs of many kinds take, or what programs of one's own read mail with.
# shellcheck disable=SC2013,SC2046,SC2086,SC2154
want_mailboxes() {
    for table in $(grep -liE '(imap|pop3)s?://' -- $TABLES); do record url "$table"; done
    for table in $(own "$(by_a_scheme $(grep -lE 'curl.*[$][^[:blank:]]*://' -- $TABLES))"); do record url "$table"; done
    for table in $(own "$(setting "$mailboxes" $TABLES)"); do record mailbox "$table"; done
}
