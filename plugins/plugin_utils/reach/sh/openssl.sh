# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# What OpenSSL's own program says of the library that it loads

LISTS=$NEWLINE
ASKED=$NEWLINE
PATIENCE=5
real=

# noted FILTER CONTENT: keeps the lists of cipher suites in a client's file, to have OpenSSL's program resolve them.
noted() {
    case $1 in words | assignments) ;; *) return 0 ;; esac
    for list in $(printf '%s\n' "$2" | sed -n -e 's/^[[:blank:]]*ciphers[[:blank:]]*=[[:blank:]]*//p' \
        -e 's/^[[:blank:]]*[Cc][Ii][Pp][Hh][Ee][Rr][Ss][Tt][Rr][Ii][Nn][Gg][[:blank:]][[:blank:]]*//p'); do
        list=$(printf '%s' "$list" | sed 's/[[:blank:]\r]*$//;s/^"\(.*\)"$/\1/')
        case $list in -* | '') continue ;; esac
        case $LISTS in *"$NEWLINE$list$NEWLINE"*) ;; *) [ "${#LISTS}" -gt 10000 ] || LISTS=$LISTS$list$NEWLINE ;; esac
    done
}

# want_openssl: the programs that are called openssl, with or without a number behind it.
want_openssl() {
    for directory in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
        set +f
        # shellcheck disable=SC2231
        for name in $directory/openssl*; do
            set -f
            case ${name##*/} in openssl | openssl[0-9]*) ;; *) continue ;; esac
            [ -f "$name" ] || continue
            seen "$name"
            case $ASKED in *"$NEWLINE$real$NEWLINE"*) continue ;; esac
            ASKED=$ASKED$real$NEWLINE
            # What others than root can change is not run.
            program=$real
            is_elf "$program" || continue
            is_roots_own "$program" || continue
            loads "$program"
            for library in $(loaded 'libssl\.so'); do library "$library"; done
            ask_openssl "$program"
        done
        set -f
    done
}

# It is asked with the settings that the system gives every session, and with none; the oldest programs would keep a seed in the home.
ask_openssl() (
    HOME=/nonexistent RANDFILE=/dev/null
    export HOME RANDFILE
    unset OPENSSL_CONF OPENSSL_CONF_INCLUDE
    OPENSSL_CONF=$(everyones OPENSSL_CONF | sed -n '$p')
    if [ -n "$OPENSSL_CONF" ]; then export OPENSSL_CONF; else unset OPENSSL_CONF; fi
    answer "$1" version 's/^\(Open\|Libre\)SSL .*/&/p;s/^compiler: .*/&/p;s/^OPENSSLDIR: .*/&/p' version -a
    answer "$1" options 's/^ *-\(no_\)\{0,1\}\(tls[0-9_]*\)[ /].*/\2/p' s_client -help
    # Before 1.1.0 all suites are listed that it has, and before 1.0.0 without their numbers.
    form=-v
    has_numbers "$1" -V && form=-V
    has_numbers "$1" -s -V && form=-s$NEWLINE-V
    suites "$1" system "$form"
    for list in $LISTS; do suites "$1" "list $list" "$form" "$list"; done
    OPENSSL_CONF=/dev/null
    export OPENSSL_CONF
    case $form in
        -s*) for version in -tls1 -tls1_1 -tls1_2 -tls1_3; do suites "$1" "bare $version" "$form" "$version"; done ;;
        *) suites "$1" bare "$form" ;;
    esac
)

has_numbers() {
    program=$1
    shift
    limited "$PATIENCE" "$program" ciphers "$@" | grep -q '^ *0x'
}

# suites PROGRAM QUESTION FORM [ARGUMENT]: which suites it lists: number, the lowest version of each, or the reason why there is none.
suites() {
    # shellcheck disable=SC2086
    answer "$1" "$2" 's/^ *0x\([0-9A-F]\{2\}\),0x\([0-9A-F]\{2\}\) - [^ ]*  *\([A-Za-z0-9./]*\) .*$/\1\2 \3/p
s/^[A-Z0-9-]*  *\([SLT]\{3\}v[0-9.]*\) .*Kx=.*$/- \1/p
s/^.*error:[^:]*:[^:]*:[^:]*:\([^:]*\):.*$/error \1/p' ciphers $3 ${4:+"$4"}
}

# answer PROGRAM QUESTION EXPRESSION ARGUMENT...: what the expression of sed takes of what the program says.
answer() {
    program=$1 question=$2 expression=$3
    shift 3
    record openssl "$program" "$question" "$(limited "$PATIENCE" "$program" "$@" 2>&1 | sed -n "$expression" | sed 400q)"
}
