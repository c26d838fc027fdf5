# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh
#
# What the reach `shell` runs on a host, as root where it may. It reads, prints records, and writes nothing: no file, no here-document
# (some shells keep those in files). POSIX sh and the utilities of 2007; where one is missing, the controller sees it from what is absent.
#
# program.py puts the calls of `want` and the data of the filters behind this text, all inside one function, so that half a
# transmission does nothing. A record is the number of its fields, their lengths in bytes, a line feed, the fields and a line feed:
# nothing that a file holds can be taken for a record. What a filter leaves out stands as one SUB character (octal 032).

LC_ALL=C
export LC_ALL
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
export PATH
umask 077
set -f
TAB=$(printf '\t')
NEWLINE='
'
LIMIT=1048576
ELF=$(printf '\177ELF')

record() {
    printf '%s' "$#"
    for field; do printf ' %s' "${#field}"; done
    printf '\n'
    for field; do printf '%s' "$field"; done
    printf '\n'
}

# Which Python. want_python LOWEST INTERPRETER...: ends the program where one serves that is LOWEST (major * 100 + minor) or later.
want_python() {
    lowest=$1
    shift
    for name; do
        python=$(command -v "$name") || continue
        told=$("$python" -c 'import sys; print(sys.version_info[0] * 100 + sys.version_info[1])' </dev/null)
        case $told in
            '' | *[!0-9]*) record unfit "$python" broken ;;
            *)
                if [ "$told" -lt "$lowest" ]; then
                    record unfit "$python" "$told"
                elif "$python" -c 'import json, subprocess, tempfile, zipfile' </dev/null; then
                    record python "$python" "$told"
                    record end
                    exit 0
                else
                    record unfit "$python" incomplete
                fi
                ;;
        esac
    done
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
    size=$(($(wc -c <"$2")))
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
    else
        record denied "$2" 'what is of matter in it could not be told apart from what may be secret'
    fi
}

# named FILTER PATH: a file that something on the host names, of which it is to be told as well that it is not there.
named() {
    [ -e "$2" ] || record absent "$2"
    take "$1" "$2"
}

# take_including FILTER PATH: the file, and those in the directories that it names with "include = ", once.
take_including() {
    take "$1" "$2"
    [ -f "$2" ] && [ -r "$2" ] || return 0
    # shellcheck disable=SC2013
    for included in $(sed -n 's/^[[:blank:]]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:blank:]]*=[[:blank:]]*\(\/.*\)$/\1/p' <"$2"); do
        included=${included%/}
        entries "$included" '*'
        each_path "$included/*" take "$1"
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

want_file() { each "$2" take "$1"; }
want_file_including() { each "$2" take_including "$1"; }
want_status() { each "$1" seen ''; }
want_names() { each "$1" listed "$2"; }
listed() { entries "$2" "$1"; }

# Homes, one a line: the field separator is a line feed from here on.

want_homes() {
    set +f
    HOMES=$( (sed -n 's/^[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:\(\/[^:]*\):[^:]*$/\1/p' </etc/passwd; printf '%s\n' /home/* /Users/*) |
        sed 's/\/*$//; /^$/d' | sort -u)
    set -f
    kept=
    for home in $HOMES; do
        [ -d "$home" ] || continue
        seen "$home"
        if [ -r "$home" ] && [ -x "$home" ]; then
            record home "$home" 1
            kept=$kept$home$NEWLINE
        else
            record home "$home" 0
        fi
    done
    HOMES=$kept
    entries /home '*'
    entries /Users '*'
}

# Programs and libraries

OWNED=$NEWLINE
LOADED=$NEWLINE

owned() { OWNED=$OWNED$1$NEWLINE; }

is_elf() { [ "$(dd if="$1" bs=4 count=1)" = "$ELF" ]; }

# strings_of PATH PATTERN: the printable strings in the file that match, in their order.
strings_of() {
    told=$(tr -c '\040-\176' '\012' <"$1" | grep -E "$2" | dd bs=1024 count=64)
    record strings "$1" "$told"
}

# Only root can have changed it: the loader maps the file, though it runs nothing of it.
is_roots_own() (
    IFS=' '
    # shellcheck disable=SC2046
    set -- $(ls -ldnL "$1")
    case $1 in
        ?????-??-*) [ "$3" = 0 ] ;;
        ????????-*) [ "$3" = 0 ] && [ "$4" = 0 ] ;;
        *) false ;;
    esac
)

# loads PATH: which libraries the dynamic loader would load, asked of the loader itself. It runs nothing of the file.
loads() {
    needed=
    case $LOADED in *"$NEWLINE$1$NEWLINE"*) return 0 ;; esac
    LOADED=$LOADED$1$NEWLINE
    is_elf "$1" && is_roots_own "$1" || return 0
    for loader in $LOADERS; do
        if needed=$("$loader" --list "$1" </dev/null); then
            record loads "$1" "$needed"
            return 0
        fi
    done
}

# loaded PATTERN: of what was listed last, the paths whose names match.
loaded() { printf '%s\n' "$needed" | sed -n 's/^.*=> \(\/[^ ]*\) .*$/\1/p' | grep -E "/($1)[^/]*\$"; }

want_loaders() {
    LOADERS=
    set +f
    for loader in /lib64/ld-linux*.so.* /lib64/ld*.so.[12] /lib/ld-linux*.so.* /lib/ld-musl-*.so.1 /lib/ld*.so.[12] /lib/*/ld-linux*.so.*; do
        [ -x "$loader" ] && LOADERS=$LOADERS$loader$NEWLINE
    done
    set -f
}

# want_program PATTERN NAME...: the programs of these names. PATTERN: of the strings that tell the version of one without a package.
want_program() {
    pattern=$1
    shift
    for name; do
        for directory in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
            [ -f "$directory/$name" ] || continue
            seen "$directory/$name"
            program "$real" "$pattern"
        done
    done
}

program() {
    case $OWNED in *"$NEWLINE$1$NEWLINE"*) return 0 ;; esac
    owned "$1"
    seen "$1"
    if is_elf "$1"; then
        [ -n "$2" ] && strings_of "$1" "$2"
        loads "$1"
        for library in $(loaded 'libssl\.so|libssl3\.so|libgnutls\.so'); do library "$library"; done
        return 0
    fi
    # A script's first line names its interpreter; the rest stays where it is.
    record file "$1" "$(sed -n '1s/^#!/&/p;1q' <"$1")"
}

# The system's libraries, and beside each the file that holds what it says about itself.
want_libraries() {
    set +f
    for library in $(ldconfig -p | sed -n 's/^.*=> \(\/.*\)$/\1/p') \
        /lib*/lib[sg]*.so* /usr/lib*/lib[sg]*.so* /lib/*-linux-*/lib[sg]*.so* /usr/lib/*-linux-*/lib[sg]*.so* /usr/local/lib*/lib[sg]*.so*; do
        set -f
        case ${library##*/} in
            libssl.so* | libssl3.so | libgnutls.so*)
                [ -f "$library" ] || continue
                record library "$library"
                library "$library"
                ;;
        esac
    done
    set -f
}

library() {
    seen "$1" || return 0
    case $OWNED in *"$NEWLINE$real$NEWLINE"*) return 0 ;; esac
    owned "$real"
    is_elf "$real" || return 0
    path=$real
    loads "$path"
    # Each has the path of its system file compiled in, which a variable of the system may replace.
    case $path in
        *libgnutls*)
            strings_of "$path" 'Enabled GnuTLS|^/.*gnutls(/config|/default-priorities|[.]config)$'
            system_files uncommented GNUTLS_SYSTEM_PRIORITY_FILE 's/^\//&/p'
            ;;
        *libssl3.so)
            strings_beside "$path" 'libnss3\.so' "Version: NSS|configdir='.*' secmod='"
            system_files uncommented '' "s/^.*configdir='\\(sql:\\)\\{0,1\\}\\(\\/[^']*\\)' secmod='\\([^']*\\)'.*\$/\\2\\/\\3/p"
            ;;
        *)
            strings_beside "$path" 'libcrypto\.so' '^(Open|Libre)SSL [0-9]|compiler: |OPENSSLDIR: '
            system_files openssl_file OPENSSL_CONF 's/^.*OPENSSLDIR: "\(\/[^"]*\)".*$/\1\/openssl.cnf/p'
            ;;
    esac
}

# strings_beside LIBRARY NAME PATTERN: the strings of what LIBRARY loads as NAME, or else of LIBRARY itself.
strings_beside() {
    other=$(loaded "$2" | sed -n 1p)
    seen "${other:-$1}" && strings_of "$real" "$3"
}

# system_files FILTER VARIABLE EXPRESSION: the files that the expression finds in the strings read last, and that of the variable.
system_files() {
    expression="s/^[[:blank:]]*\\(export[[:blank:]]*\\)\\{0,1\\}${2:-NONE}=[\"']\\{0,1\\}\\(\\/[^\"']*\\).*\$/\\2/p"
    for file in $(printf '%s\n' "$told" | sed -n "$3" | sort -u; sed -n "$expression" </etc/environment); do
        case $1 in
            openssl_file) openssl_file "$file" ;;
            *) named "$1" "$file" ;;
        esac
    done
}

# An openssl.cnf, and what it includes.
openssl_file() {
    named openssl_cnf "$1"
    [ -f "$1" ] && [ -r "$1" ] || return 0
    # shellcheck disable=SC2013
    for included in $(sed -n 's/^[[:blank:]]*\.include[[:blank:]]*=\{0,1\}[[:blank:]]*"\{0,1\}\(\/[^"]*\).*$/\1/p' <"$1"); do
        if [ -d "$included" ]; then
            entries "$included" '*'
            each_path "$included/*" take openssl_cnf
        else
            named openssl_cnf "$included"
        fi
    done
}

# What starts them

# want_tables: the tables of cron, inetd and init, units, aliases, and the scripts that these name, each once.
want_tables() {
    TABLES=$NEWLINE
    # shellcheck disable=SC2088
    for places in '/etc/crontab' '/etc/anacrontab' '/etc/cron.*/*' '/etc/crontabs/*' '/var/spool/cron/*' '/var/spool/cron/crontabs/*' \
        '/var/spool/cron/tabs/*' '/etc/rc.local' '/etc/systemd/system/*.service' '/etc/systemd/system/*.service.d/*.conf' \
        '~/.config/systemd/user/*.service' '~/.config/systemd/user/*.service.d/*.conf' '/etc/inetd.conf' '/etc/xinetd.d/*' \
        '/etc/inittab' '/etc/aliases' '/etc/mail/aliases' '~/.forward'; do
        each "$places" table ''
    done
    for table in $TABLES; do
        user=${table##*/}
        home=$(sed -n "s/^$user:[^:]*:[^:]*:[^:]*:[^:]*:\\([^:]*\\):.*\$/\\1/p" </etc/passwd)
        # shellcheck disable=SC2016
        for script in $(tr -c 'A-Za-z0-9_./~${}+-' '\012' <"$table" | sed -n "s#^\$HOME/#$home/#;s#^\${HOME}/#$home/#;s#^~/#$home/#;/^\\//p" | sort -u); do
            [ -f "$script" ] && [ "$(dd if="$script" bs=2 count=1)" = '#!' ] && table "$script"
        done
    done
}

table() {
    [ -f "$1" ] && [ -r "$1" ] || return 0
    case $TABLES in *"$NEWLINE$1$NEWLINE"*) ;; *) TABLES=$TABLES$1$NEWLINE ;; esac
}

# want_starts NAME: those of them that start it in another way than without options or with those in $harmless.
# Nothing of the command line goes out, as it may hold a password. With $operands, a word that is no option counts as well.
want_starts() {
    for table in $TABLES; do starts "$1" "$table"; done
}

starts() {
    grep -q "$1" <"$2" || return 0
    name=$1
    export name
    found=$(awk '{ sub(/^[ \t]*[;#].*$/, "") }
        /(OPENSSL_CONF|GNUTLS_[A-Z_]*|NSS_[A-Z_]*|LD_[A-Z_]*|HOME|FETCHMAILHOME|XDG_CONFIG_HOME)=/ { changed = 1 }
        {
            inside = 0
            for (i = 1; i <= NF; i++) {
                word = $i
                gsub(/["\047;&|<>(){}`]/, "", word)
                sub(/^.*\//, "", word)
                sub(/^ExecStart(Pre|Post)?=[-@:+!]*/, "", word)
                if (word == ENVIRON["name"]) { inside = started = 1; if ($i ~ /[;|&]$/) inside = 0; continue }
                if (!inside) continue
                if ($i ~ /^[;|&<>0-9]/) { if ($i ~ /^[;|&]/) inside = 0; continue }
                if ($i ~ /^-/ && !index(ENVIRON["harmless"], " " $i " ") || $i !~ /^-/ && ENVIRON["operands"] != "") changed = 1
            }
        }
        END { if (started && changed) print "changed"; else if (started) print "plain" }' <"$2")
    [ "$found" = changed ] && record started "$1" "$2"
}

# want_urls: those of them that name a mailbox as a URL, which programs of many kinds take.
want_urls() {
    for table in $TABLES; do
        grep -qE '(imap|pop3)s?://' <"$table" && record url "$table"
    done
}

# Packages

# limited SECONDS COMMAND...: some commands wait for a lock for ever.
limited() {
    seconds=$1
    shift
    "$@" &
    running=$!
    (
        exec >/dev/null
        while [ "$seconds" -gt 0 ] && kill -0 "$running"; do
            sleep 1
            seconds=$((seconds - 1))
        done
        [ "$seconds" -gt 0 ] || kill -9 "$running"
    ) &
    wait "$running"
}

# As root, rpm may write to its database even when it is only asked; nobody may not.
as_nobody() {
    [ "$(id -u)" = 0 ] || exec "$@"
    chroot --userspec=65534:65534 / true && exec chroot --userspec=65534:65534 / "$@"
    exec perl -e '$) = "65534 65534"; $( = 65534; $< = $> = 65534; exec @ARGV or exit 1' "$@"
}

RPM_FORMAT='%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\n'

# want_packages NAME...: the packages of these names, and which ones the programs and libraries belong to.
want_packages() {
    if [ -f /var/lib/dpkg/status ]; then
        LIMIT=67108864
        take dpkg_status /var/lib/dpkg/status
        # A package may have shipped a file under the name that it had before /bin became a link.
        set +f
        # shellcheck disable=SC2062
        record dpkg "$(printf '%s' "$OWNED" | sed -n '/^$/d;p;s/^\/usr//p' | grep -xF -f - /var/lib/dpkg/info/*.list)"
        set -f
    elif [ -f /lib/apk/db/installed ]; then
        LIMIT=16777216
        take apk_installed /lib/apk/db/installed
    elif command -v rpm >/dev/null; then
        for name in $OWNED; do
            record rpm_owner "$name" "$(limited 20 as_nobody rpm -qf --queryformat "$RPM_FORMAT" "$name" | grep "$TAB")"
        done
        record rpm_packages "$(limited 20 as_nobody rpm -q --queryformat "$RPM_FORMAT" "$@" | grep "$TAB")"
    fi
}

# Filters: what they print goes out, and nothing else of the file does.

# A comment may say anything. Of its line the beginning stays, so that lines keep their numbers.
uncommented() { sed 's/^\([[:blank:]]*[#;]\).*/\1/'; }
passwd() { sed 's/^\([^:]*\):[^:]*:\([^:]*\):\([^:]*\):[^:]*:/\1::\2:\3::/'; }
mail_ports() { sed '/^\(imap\|pop\|kpop\)/!s/.*//'; }
dpkg_status() { sed -n '/^Package: /p;/^Status: /p;/^Section: /p;/^Architecture: /p;/^Multi-Arch: /p;/^Version: /p;/^$/p'; }
apk_installed() { sed -n '/^[PVAFR]:/p;/^$/p'; }
tls_variables() { sed '/^[[:blank:]]*\(export[[:blank:]][[:blank:]]*\)\{0,1\}\(OPENSSL_CONF\|GNUTLS_SYSTEM\|NSS_IGNORE\)[A-Z_]*=/!s/.*//'; }
daemon_defaults() { sed -n 's/^\([[:blank:]]*START_DAEMON=["'\'']\{0,1\}[A-Za-z]*["'\'']\{0,1\}\).*$/\1/;/START_DAEMON/!s/.*//;p'; }

# Lines whose first word is in $keep go out, of those in $known that word, of all others nothing. $comment: what ends a kept line.
words() {
    awk '{
        text = $0
        sub(/^[ \t\r\v\f]+/, "", text)
        if (text == "") { print ""; next }
        if (substr(text, 1, 1) == "#") { print "#"; next }
        match(text, /^[^ \t\r\v\f]+/)
        word = tolower(substr(text, 1, RLENGTH))
        if (index(ENVIRON["keep"], " " word " ") && length(text) < 500) {
            if (ENVIRON["comment"] != "") sub(/[ \t]#.*$/, "", text)
            print text
        } else if (index(ENVIRON["known"], " " word " ")) {
            # How many words follow may decide whether the file is taken at all.
            text = substr(text, length(word) + 1)
            sub(/[ \t]#.*$/, "", text)
            if (ENVIRON["comment"] == "") text = " \032"
            gsub(/[^ \t"\\]+/, "\032", text)
            print word text
        }
        else print "\032"
    }'
}

# Lines of key = value, and headers in brackets: headers go out, and the values of the keys in $keep.
assignments() {
    awk '{
        text = $0
        sub(/^[ \t\r\v\f]+/, "", text)
        if (text == "" || text ~ /^[#;]/) { print substr(text, 1, 1); next }
        if (text ~ /^\[[^]]*\]/) { sub(/\].*$/, "]", text); print text; next }
        key = text
        sub(/[ \t]*=.*$/, "", key)
        if (text ~ /=/ && index(ENVIRON["keep"], " " tolower(key) " ")) print text
        else print "withheld" (text ~ /=/ ? " = \032" : "\032")
    }'
}

# Files of [section] and key = value: headers go out, and values with their continuation lines where the key is in $keep.
python_ini() {
    awk '{
        line = $0
        match(line, /^[ \t]*/)
        indent = substr(line, 1, RLENGTH)
        text = substr(line, RLENGTH + 1)
        sub(/[ \t\r]+$/, "", text)
        if (text == "") { print ""; next }
        if (text ~ /^[#;]/) { print substr(text, 1, 1); next }
        if (indent != "" && inside) { print indent (kept ? text : "\032"); next }
        if (text ~ /^\[[^]]*\]/) { sub(/\].*$/, "]", text); print indent text; inside = 0; next }
        key = text
        sub(/[ \t]*[=:].*$/, "", key)
        kept = index(ENVIRON["keep"], " " tolower(key) " ") && text ~ /[=:]/
        inside = 1
        print indent (kept ? text : "\032" NR (text ~ /[=:]/ ? " = \032" : ""))
    }'
}

# openssl.cnf: directives, headers, the commands in $commands, and what leads to a section that is there or stands beside system_default.
openssl_cnf() {
    awk 'function bare(text) { gsub(/^[ \t]+|[ \t\r]+$/, "", text); return text }
    { line[NR] = $0; of[NR] = section }
    /^[ \t]*\[[^]]*\]/ { section = $0; sub(/^[ \t]*\[/, "", section); sub(/\].*$/, "", section); section = bare(section); sections[section] = 1 }
    /^[ \t]*system_default[ \t]*=/ { leads[section] = 1 }
    END {
        for (number = 1; number <= NR; number++) {
            text = line[number]
            value = key = text
            sub(/=.*$/, "", key)
            sub(/^[^=]*=/, "", value)
            sub(/#.*$/, "", value)
            key = bare(key)
            last = key
            sub(/^.*[.:]/, "", last)
            on = text ~ /\\\r?$/
            if (going) { print kept ? text : "\032" (on ? "\\" : ""); going = on; continue }
            kept = text ~ /^[ \t]*\.(include|pragma)/ || (of[number] in leads) || index(ENVIRON["commands"], " " tolower(last) " ") || (bare(value) in sections)
            going = on
            if (bare(text) == "" || text ~ /^[ \t]*#/) { print on ? "#\\" : ""; kept = 0 }
            else if (text ~ /^[ \t]*\[/) { sub(/\].*$/, "]", text); print text }
            else if (kept) { if (!on) sub(/[ \t]#.*$/, "", text); print text }
            else print (text ~ /=/ ? "withheld" number " = " : "") "\032" (on ? "\\" : "")
        }
    }'
}

# fetchmail has a free-format file: words of its grammar and the arguments of options in $keep go out, and of any other text only that it is one.
fetchmailrc() {
    awk 'function in_list(list, word) { return index(ENVIRON[list], " " word " ") }
    { text = text $0 "\n" }
    END {
        if (ENVIRON["ended"] == 0) text = substr(text, 1, length(text) - 1)
        if (length(text) > 65536) exit 1
        for (rest = text; rest != "";) {
            first = substr(rest, 1, 1)
            if (index(" \t\r;:,", first)) { printf "%s", first; rest = substr(rest, 2); continue }
            if (match(rest, /^(#[^\n]*)?\\?\n/)) {
                printf "%s\n", first == "#" ? "#" : first == "\\" ? "\\" : ""
                rest = substr(rest, RLENGTH + 1)
                continue
            }
            if (first == "=") { printf "="; expected = "name"; wanted = 0; rest = substr(rest, 2); continue }
            match(rest, /^[^=;:, \t\r\n]+/)
            word = substr(rest, 1, RLENGTH)
            quoted = ""
            if (first == "\"" || first == "\047") {
                closing = index(substr(rest, 2), first)
                if (closing && closing + 1 >= length(word)) quoted = substr(rest, 1, closing + 1)
            }
            if (quoted != "") {
                rest = substr(rest, length(quoted) + 1)
                if (!wanted) { gsub(/[^\n]/, "", quoted); quoted = first "\032" quoted first }
                printf "%s", quoted
                expected = ""
                wanted = 0
                continue
            }
            if (expected != "name" && (in_list("known", word) || (expected == "auth" && word == "password"))) {
                if (word == "no" || in_list("negated", word)) word = "no"
                printf "%s", word
                rest = substr(rest, length(word) + 1)
                if (in_list("noise", word)) continue
                wanted = in_list("keep", word)
                numeric = in_list("numbers", word)
                expected = in_list("names", word) && !(expected == "auth" && word == "password") ? "name" : in_list("auths", word) ? "auth" : ""
                continue
            }
            rest = substr(rest, length(word) + 1)
            if (wanted && expected != "name") printf "%s", word
            else if (expected != "name" && word ~ /^-?[0-9]+$/) printf "%s", numeric ? word : "0"
            else printf "\032"
            expected = ""
            wanted = 0
        }
    }'
}

# Mozilla writes its preferences one a line: those whose names match $keep go out. What is laid out in another way is not taken at all.
prefs_js() {
    awk 'BEGIN { name = "[ \t]*\"[^\"\\\\]*\"[ \t]*"; value = "([^\"\\\\]|\"([^\"\\\\]|\\\\.)*\")*" }
    {
        text = $0
        sub(/\r$/, "", text)
        if (text ~ /^[ \t]*((#|\/\/).*)?$/) { print ""; next }
        if (text !~ ("^[ \t]*(user_pref|pref|sticky_pref|lockPref|defaultPref)[(]" name "," value "[)];[ \t]*(//.*)?$")) exit 1
        key = text
        sub(/^[^"]*"/, "", key)
        sub(/".*$/, "", key)
        print key ~ ENVIRON["keep"] ? text : ""
    }'
}

IFS=$NEWLINE
record host "$(uname -s)" "$(uname -r)" "$(uname -m)" "$(id -u)"
record probe "$(printf 'tab\t line\n octets\303\244\377 .')"
