# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# The texts by which a host starts programs: its tables, and the scripts and files that these lead to

# want_tables: the tables of cron, inetd and init, units, aliases, what sessions read, and what these lead to, each once, in $TABLES.
want_tables() {
    TABLES=$NEWLINE
    SESSION_FILES=
    IS_TOLD=
    for name in awk find grep sed sort tr; do
        command -v "$name" >/dev/null && continue
        record unread 'cron, systemd and the like' "there is no $name to look at them with"
        return
    done
    # shellcheck disable=SC2088
    for places in '/etc/crontab' '/etc/anacrontab' '/etc/cron.*/*' '/etc/periodic/*/*' '/etc/crontabs/*' '/var/spool/cron/*' \
        '/var/spool/cron/crontabs/*' '/var/spool/cron/tabs/*' '/var/cron/tabs/*' '/etc/rc.local' '/etc/rc.d/rc.local' \
        '/etc/local.d/*.start' '/etc/init.d/*' '/etc/systemd/system/*.service' '/etc/systemd/system/*.service.d/*.conf' \
        '/run/systemd/system/*.service' '/run/systemd/system/*.service.d/*.conf' '/run/systemd/transient/*.service' \
        '/usr/local/lib/systemd/system/*.service' '/usr/lib/systemd/system/*.service' '/etc/systemd/user/*.service' \
        '/etc/systemd/user/*.service.d/*.conf' '/usr/local/lib/systemd/user/*.service' '/usr/lib/systemd/user/*.service' \
        '~/.config/systemd/user/*.service' '~/.config/systemd/user/*.service.d/*.conf' '~/.local/share/systemd/user/*.service' \
        '/etc/inetd.conf' '/etc/xinetd.d/*' '/etc/inittab' '/etc/aliases' '/etc/mail/aliases' '~/.forward' '/etc/supervisord.conf' \
        '/etc/supervisor/*.conf' '/etc/supervisor/conf.d/*' '/etc/supervisor.d/*' '/etc/supervisord.d/*' '/etc/service/*/run' \
        '/service/*/run' '/var/service/*/run' '/etc/runit/runsvdir/default/*/run' '/etc/sv/*/run' '/var/spool/at/*' \
        '/var/spool/atjobs/*' '/var/spool/cron/atjobs/*' '/etc/network/interfaces' '/etc/network/interfaces.d/*' \
        '/etc/network/if-up.d/*' '/etc/ppp/ip-up*' '/etc/ppp/ip-up.d/*' '/etc/NetworkManager/dispatcher.d/*' \
        '/etc/networkd-dispatcher/routable.d/*' '/etc/dhcp/dhclient-exit-hooks*' '/etc/incron.d/*' '/var/spool/incron/*' \
        '/var/spool/fcron/*' '/etc/logrotate.conf' '/etc/logrotate.d/*' '/etc/init/*' '/etc/monitrc' '/etc/monit/monitrc' '/etc/monit.d/*' \
        '/etc/monit/conf.d/*' '/etc/monit/conf-enabled/*' '/etc/acpi/events/*' '/etc/dinit.d/*' '/etc/udev/rules.d/*' '/etc/pm/sleep.d/*' \
        '~/.config/awesome/rc.lua' '~/.config/bspwm/bspwmrc' '~/.config/herbstluftwm/autostart' '~/.config/hypr/hyprland.conf' \
        '~/.config/i3/config' '~/.i3/config' '~/.config/openbox/autostart' '~/.config/sway/config' '~/.config/tmux/tmux.conf' \
        '~/.fluxbox/startup' '~/.screenrc' '~/.tmux.conf' '/etc/xdg/autostart/*.desktop' '~/.config/autostart/*.desktop' \
        '~/.local/share/applications/*.desktop'; do
        each "$places" table ''
    done
    [ -L /lib ] || each '/lib/systemd/system/*.service' table ''
    # shellcheck disable=SC2088
    for places in '/etc/profile' '/etc/profile.d/*' '/etc/bash.bashrc' '/etc/bashrc' '/etc/zsh/z*' '/etc/zshenv' '/etc/xprofile' \
        '/etc/X11/Xsession.d/*' '/etc/X11/xinit/xinitrc.d/*' '~/.config/plasma-workspace/env/*' '~/.profile' '~/.bash_profile' \
        '~/.bash_login' '~/.bashrc' '~/.zshenv' '~/.zprofile' '~/.zlogin' '~/.zshrc' '~/.kshrc' '~/.mkshrc' '~/.xsession*' '~/.xprofile' \
        '~/.xinitrc' '/etc/csh.*' '~/.cshrc' '~/.tcshrc' '~/.login' '/etc/fish/config.fish' '/etc/fish/conf.d/*' \
        '~/.config/fish/config.fish' '~/.config/fish/conf.d/*' '~/.config/fish/fish_variables'; do
        each "$places" session_file ''
    done
    follow_tables
}

# follow_tables: what the tables lead to, and what that leads to, and so on, becomes a table.
# shellcheck disable=SC2086
follow_tables() {
    # Without a path, find would begin where it is.
    large=$(find -L /dev/null $TABLES -size +2048)
    for table in $large; do record unread "$table" 'is larger than a MiB'; done
    TABLES=$NEWLINE$(without "$large" "$TABLES")$NEWLINE
    DIRECTORIES=
    OTHERS=$NEWLINE
    CHECKED=
    PACKAGED=
    LED=0
    for place in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do directory "$place"; done
    for home in $HOMES; do
        for place in "$home" "$home/bin" "$home/.local/bin"; do [ -d "$place" ] && directory "$place"; done
    done
    before=
    for _depth in 1 2 3 4; do
        [ "$before" = "$TABLES$DIRECTORIES" ] && return
        before=$TABLES$DIRECTORIES
        follow
    done
    [ "$before" = "$TABLES$DIRECTORIES" ] || record unread 'cron, systemd and the like' 'their scripts lead on to others too often'
}

session_file() {
    table "$1"
    case $TABLES in *"$NEWLINE$1$NEWLINE"*) SESSION_FILES=$SESSION_FILES$1$NEWLINE ;; esac
}

# What is empty may be one of /proc, which never ends.
table() {
    [ -f "$1" ] && [ -s "$1" ] || return 0
    case $1 in *"$NEWLINE"*) record unread "${1%%"$NEWLINE"*}" 'has a line feed in its name' && return 0 ;; esac
    case $TABLES in *"$NEWLINE$1$NEWLINE"*) return 0 ;; esac
    [ -r "$1" ] || { record closed "$1" && return 0; }
    # No command takes arguments without end.
    [ "${#TABLES}" -gt 400000 ] && too_many && return 0
    TABLES=$TABLES$1$NEWLINE
}

directory() {
    place=$1
    [ -L "$place" ] && place=$(cd -P "$place" && pwd -P)
    case $place in *"$NEWLINE"*) record unread "${place%%"$NEWLINE"*}" 'has a line feed in its name' && return 0 ;; esac
    case $place in '' | / | /proc | /proc/* | /sys | /sys/* | /dev | /dev/*) return 0 ;; esac
    case $NEWLINE$DIRECTORIES in *"$NEWLINE$place$NEWLINE"*) ;; *) DIRECTORIES=$DIRECTORIES$place$NEWLINE ;; esac
}

# follow: the files and directories that the tables lead to, into $TABLES and $DIRECTORIES. In which directory a name is looked for may be
# up to a variable, so it is looked for in each that a table lies in or names, in those of programs, and in homes.
# shellcheck disable=SC2046,SC2086
follow() {
    # What a package's own scripts lead to is the package's matter.
    new=$(without "$CHECKED" "$TABLES")
    CHECKED=$TABLES
    PACKAGED=$PACKAGED$NEWLINE$(packaged $(printf '%s\n' "$new" | grep -E '^/(usr/)?(s?bin|lib|share)/'))
    followed=$(without "$PACKAGED" "$TABLES")
    WORDS=$(words_of $followed)
    READ=$(read_by $followed)
    by_a_variable=$(own "$(by_a_variable "$READ")")
    READ=$NEWLINE$READ$NEWLINE$(last_parts $by_a_variable; may_be_meant $by_a_variable | below_homes)$NEWLINE
    found=
    for table in $followed; do directory "${table%/*}"; done
    placed=$(printf '%s\n' "$HOMES" = "$WORDS" | placed | normal)
    lead $placed $(cut_off $placed)
    lead $(printf '%s\n' "$DIRECTORIES" = "$WORDS" | relative | normal)
    lead $(may_be_meant $followed)
    lead $({ printf '%s\n' "$WORDS" =; entries_of "$DIRECTORIES" ! -type d; entries_of "$HOMES" -type d; } | named_so)
    texts=$(texts $found)
    for text in $texts; do table "$text"; done
    OTHERS=$OTHERS$(without "$texts" "$found")$NEWLINE
}

# lead PATH...: the directories into $DIRECTORIES, the files into $found, if they are new. "=" stands for those that are too many.
lead() {
    for path; do
        if [ "$path" = = ] || [ "$LED" -gt 5000 ]; then
            too_many
            return
        elif [ -d "$path" ]; then
            LED=$((LED + 1))
            directory "$path"
        elif [ -f "$path" ]; then
            case $TABLES$OTHERS in *"$NEWLINE$path$NEWLINE"*) continue ;; esac
            LED=$((LED + 1))
            found=$found$path$NEWLINE
        elif [ ! -e "$path" ]; then
            on_the_way "$path"
        fi
    done
}

# Of paths, each in its shortest form, once.
normal() {
    awk '{
            gsub(/\/(\.?\/)+/, "/")
            while (sub(/\/[^\/]+\/\.\.\//, "/")) continue
            sub(/\/\.?$/, "")
        }
        !/\/\.\.(\/|$)/ && !($0 in seen) { seen[$0] = 1; print }'
}

# too_many: tells it, once.
too_many() {
    [ -n "$IS_TOLD" ] || record unread 'cron, systemd and the like' 'they lead to more files than are looked for'
    IS_TOLD=1
}

# words_of FILE...: what may be names of files, none longer than a path can be. What stands behind a quote or a bracket may be the end of one.
# Of braces, a pattern is taken as well.
# shellcheck disable=SC2016
words_of() {
    awk '/^[ \t]*#[^!]/ { next }
        { gsub(/%h\//, "~/"); print; row = $0; if (gsub(/[]"\047)}`]\//, " $/")) print }
        row ~ /[{][^{} \t]*,/ { while (sub(/[{][^{} \t]*,[^{} \t]*[}]/, "*", row)) found = 1; if (found) print row; found = 0 }' "$@" |
        tr -c 'A-Za-z0-9_./~${}+@-' '\012' | awk 'length < 4096' | sort -u
}

# may_be_meant FILE...: the files and what lies in the directories that these name on lines with a pattern, a list or what a command prints,
# or before one from there in a cd or for a variable; but for those of programs, and for what sessions read anyway.
# shellcheck disable=SC2046,SC2086
may_be_meant() {
    [ "$#" -gt 0 ] || return 0
    lists='/[^[:blank:]]*([*?]|[{][^[:blank:]}]*,)|(for|while|find|ls|run-parts|xargs)[[:blank:]]|`|\$\(|BASH_ENV'
    from_there=$(grep -lE '(in|find|ls|run-parts)[[:blank:]]+"?[$.*]' -- "$@")
    named=$({
        grep -hE "$lists" -- "$@"
        [ -z "$from_there" ] || grep -hE '(^|[[:blank:];&|(])cd[[:blank:]]|^[A-Za-z_]*="?[/~$]' -- $from_there
    } | words_of)
    listed=$(grep -hE '(for|find|ls|run-parts)[[:blank:]]' -- "$@" | words_of)
    for path in $({
        printf '%s\n' "$HOMES" = "$named" | placed
        printf '%s\n' "$HOMES" = "$listed" | relative
        { printf '%s\n' "$listed" = && entries_of "$HOMES" -type d; } | named_so
    } | normal); do
        case $path in */bin | */sbin | /etc/profile.d) continue ;; esac
        [ -d "$path" ] && [ "$path" != / ] && small $(entries_of "$path" ! -type d | head -n 200)
        [ -f "$path" ] && small "$path"
    done
}

# entries_of DIRECTORIES TEST...
entries_of() {
    directories=$(printf '%s' "$1" | sed 's/$/\/./')
    shift
    # shellcheck disable=SC2086
    [ -z "$directories" ] || find $directories ! -name . -prune ! -name "*$NEWLINE*" "$@" | sed 's/\/\.\//\//'
}

# Of homes, "=" and words, the paths that are known.
placed() {
    awk '$0 == "=" { words = 1 }
        !words && $0 != "" { home[++homes] = $0 }
        !words { next }
        { sub(/^-[^\/]*\//, "/") }
        !/\{/ { sub(/\}+$/, "") }
        /^\/./ { print }
        /^(~|\$HOME|\$[{]HOME[}])(\/|$)/ { sub(/^[^\/]*/, ""); for (i = 1; i <= homes; i++) print home[i] $0 }'
}

# cut_off PATH...: of those that are not there, the files whose names go on from there with what is no part of a word, as a blank; of
# directories of such names, the files that lie in them.
# shellcheck disable=SC2046
cut_off() {
    for beginning; do
        [ -e "$beginning" ] && continue
        set +f
        set -- "$beginning"[!A-Za-z0-9_.~+@-]*
        set -f
        for path; do
            case $path in *"$NEWLINE"*) continue ;; esac
            [ -f "$path" ] && printf '%s\n' "$path"
            [ -d "$path" ] && small $(entries_of "$path" ! -type d | head -n 200)
        done
    done
}

# Of directories, "=" and words, the paths of names with a directory, in all of these. What a variable stands for is left out.
relative() {
    awk '$0 == "=" { words = 1 }
        !words && $0 != "" { place[++places] = $0 }
        !words || !/\// || /^\// { next }
        { sub(/^.*[~$}{][^\/]*\//, "") }
        $0 != "" { for (i = 1; i <= places; i++) { if (++printed > 100000) { print "="; exit } print place[i] "/" $0 } }'
}

# Of words, "=" and the paths of what lies in directories, the paths whose last part is a word.
named_so() {
    awk '$0 == "=" { paths = 1; next }
        !paths { wanted[$0] = 1; next }
        { name = $0; sub(/^.*\//, "", name); if (name in wanted) print }
        ++seen > 200000 { print "="; exit }'
}

# own FILES: those that no package has brought.
# shellcheck disable=SC2046,SC2086
own() { [ -z "$1" ] || without "$(packaged $1)" "$1"; }

# last_parts FILE...: of what these assign to variables or have a shell read, what may be the last part of a file's name.
last_parts() {
    [ "$#" -eq 0 ] || grep -hE '=|[[:blank:]]in[[:blank:]]|(^|[[:blank:];&|("])(\.|source|[a-z]*sh)[[:blank:]]' -- "$@" | words_of |
        sed -n 's/^.*\///p' | sort -u
}

# below_homes: of paths, those that lie in no home itself.
below_homes() {
    homes=$NEWLINE$HOMES awk '{ place = $0; sub(/\/[^\/]*$/, "", place); if (!index(ENVIRON["homes"], "\n" place "\n")) print }'
}

# by_a_variable READ: of what read_by says, the files that have a shell read what a variable or a pattern names.
by_a_variable() { printf '%s\n' "$1" | sed -n 's/^? //p'; }

# read_by FILE...: the last parts of the names of the files that these have a shell, or another interpreter, read; "?" and the file's own
# name for one that a variable or a pattern names, or for an environment that a command prints; "??" for one that only that shell knows.
read_by() {
    awk 'function bare(word) {
            sub(/^["\047`(){};&|<>\\]+/, "", word)
            sub(/["\047`(){};&|<>\r].*$/, "", word)
            sub(/^.*[\/=]/, "", word)
            return word
        }
        # Whether a pattern or braces name several.
        function is_many(text) { return text ~ /[*?]|[{][^{}]*,/ }
        # Whether what a command prints is a place beside a script, or of a name that is there.
        function is_a_place(text) { return text ~ /([$][(]|`)[ \t]*(dirname|basename|cd|readlink|realpath|ls|find|run-parts)/ }
        FILENAME != current { current = FILENAME; split("", assigned); computes_path = 0 }
        /^[ \t]*[#;]/ { next }
        /(export|env|declare -x)[ \t]+["$`]|BASH_ENV=|while[ \t]+read/ { print "? " FILENAME }
        /(^|[^A-Za-z0-9_])PATH="?([$][(]|`)/ { computes_path = 1 }
        {
            text = $0
            while (match(text, /[A-Za-z_][A-Za-z0-9_]*(=|[ \t]+in[ \t])/)) {
                name = substr(text, RSTART, RLENGTH)
                sub(/[^A-Za-z0-9_].*$/, "", name)
                text = substr(text, RSTART + RLENGTH)
                if (text !~ /^"?([$][(]|`)/ || is_a_place(text)) assigned[name] = ever[name] = 1
            }
        }
        { sub(/^[ \t]*EnvironmentFile[ \t]*=[ \t]*-?/, ". "); gsub(/[;&|]+/, "& "); gsub(/<\(/, "$("); gsub(/<[ \t]*/, " ") }
        {
            for (i = 1; i < NF; i++) {
                if ($i ~ /^(-[a-zA-Z]*K|--config)$/) print bare($(i + 1))
                if (bare($i) !~ /^(\.|source|[a-z]*sh|python[0-9.]*|perl|php[0-9.]*|ruby|node)$/) continue
                for (j = i + 1; j < NF && $j ~ /^[-+]/;) j += $j ~ /^[-+][oO]$/ ? 2 : 1
                file = bare($j)
                is_source = bare($i) ~ /^(\.|source)$/
                if (file ~ /[$*?]/ || $j ~ /[$]\(|`/ || is_many($j)) {
                    name = $j
                    sub(/^[^A-Za-z0-9_]*/, "", name)
                    sub(/[^A-Za-z0-9_].*$/, "", name)
                    is_known = is_many($j) || $j ~ /:-/ || $j !~ /[$]\(|`/ && name in assigned || is_a_place($j)
                    file = (is_known || !is_source ? "? " : "?? ") FILENAME
                    if (!is_known && is_source && $j !~ /[$]\(|`/ && name ~ /^[A-Za-z_]/) { of_others[FILENAME " " name] = name; file = "" }
                }
                else if (is_source && $j !~ /\// && computes_path) print "?? " FILENAME
                else if (is_source && $j ~ /^"?[$][A-Za-z_][A-Za-z0-9_]*"?\//) {
                    name = $j
                    gsub(/^"?[$]|"?\/.*$/, "", name)
                    of_others[FILENAME " " name] = name
                }
                print file
            }
        }
        # A variable that only the environment may set, or another of these files.
        END {
            for (place in of_others) {
                name = of_others[place]
                sub(/ [^ ]*$/, "", place)
                if (name !~ /^(HOME|XDG_CONFIG_HOME)$/) print (name in ever ? "? " : "?? ") place
            }
        }' "$@" | sort -u
}

# texts FILE...: those by which something may be started: small, and either a script by "#!", or one that may
# be executed, or one that something has a shell read.
# shellcheck disable=SC2086
texts() {
    small=$(small "$@")
    [ -n "$small" ] || return 0
    marked=$(grep -l '^#!' $small)
    printf '%s\n' "$marked"
    for text in $(without "$marked" "$small"); do
        [ -x "$text" ] && printf '%s\n' "$text" && continue
        case $READ in *"$NEWLINE${text##*/}$NEWLINE"* | *"$NEWLINE$text$NEWLINE"*) printf '%s\n' "$text" ;; esac
    done
}

# small FILE...: those that are neither large nor of machine code (ELF, or Mach-O). A link may lead to a directory, of which nothing is meant.
# shellcheck disable=SC2086
small() {
    small=$(find -L /dev/null "$@" -prune -type f -size +0 -size -513)
    [ -n "$small" ] || return 0
    without "$(grep -l -e "$(printf '^\177ELF')" -e "$(printf '^\317\372\355\376')" -e "$(printf '^\312\376\272\276')" $small)" "$small"
}

without() { printf '%s\n' "$1" = "$2" | awk '!more && $0 == "=" { more = 1; next } !more { out[$0] = 1; next } $0 != "" && !($0 in out)' | sort -u; }
