# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# Programs and libraries

ELF=$(printf '\177ELF')
OWNED=$NEWLINE
LOADED=$NEWLINE
# What real_path found last.
real=

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

# want_program PATTERN NAME...: the programs of these names. PATTERN: of the strings in them that are of interest.
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

# everyones VARIABLE: the file that it names in every session, as pam_env(8) sets it; what counts stands last.
everyones() {
    sed -n "s/^[[:blank:]]*$1[[:blank:]].*\\(DEFAULT\\|OVERRIDE\\)=\"\\{0,1\\}\\(\\/[^\"[:blank:]]*\\).*\$/\\2/p" /etc/security/pam_env.conf
    sed -n "s/^[[:blank:]]*\\(export[[:blank:]]*\\)\\{0,1\\}$1=[\"']\\{0,1\\}\\(\\/[^\"']*\\).*\$/\\2/p" /etc/environment /etc/default/locale
} 2>/dev/null

# system_files FILTER VARIABLE EXPRESSION: the files that the expression finds in the strings read last, and that of the variable.
system_files() {
    for file in $(printf '%s\n' "$told" | sed -n "$3" | sort -u; everyones "${2:-NONE}"); do
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
