# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# shellcheck shell=sh

# What starts them

# want_tables: the tables of cron, inetd and init, units, aliases, what sessions read, and the scripts that these name, each once.
want_tables() {
    TABLES=$NEWLINE
    # shellcheck disable=SC2088
    for places in '/etc/crontab' '/etc/anacrontab' '/etc/cron.*/*' '/etc/crontabs/*' '/var/spool/cron/*' '/var/spool/cron/crontabs/*' \
        '/var/spool/cron/tabs/*' '/etc/rc.local' '/etc/systemd/system/*.service' '/etc/systemd/system/*.service.d/*.conf' \
        '~/.config/systemd/user/*.service' '~/.config/systemd/user/*.service.d/*.conf' '/etc/inetd.conf' '/etc/xinetd.d/*' \
        '/etc/inittab' '/etc/aliases' '/etc/mail/aliases' '~/.forward' '/etc/supervisord.conf' '/etc/supervisor/conf.d/*' \
        '/etc/service/*/run' '/service/*/run' '/var/spool/at/*' '/var/spool/cron/atjobs/*' '/etc/network/if-up.d/*' '/etc/ppp/ip-up*' \
        '/etc/profile' '/etc/profile.d/*' '~/.profile' '~/.bash_profile' '~/.bash_login' '~/.bashrc' '~/.zshrc'; do
        each "$places" table ''
    done
    for directory in '/etc/cron.d' '/etc/crontabs' '/var/spool/cron' '/var/spool/cron/crontabs' '/var/spool/cron/tabs' \
        '/var/spool/cron/atjobs' '/var/spool/at'; do
        [ -d "$directory" ] && ! { [ -r "$directory" ] && [ -x "$directory" ]; } && record unread "$directory"
    done
    for table in $TABLES; do
        user=${table##*/}
        home=$(sed -n "s/^$user:[^:]*:[^:]*:[^:]*:[^:]*:\\([^:]*\\):.*\$/\\1/p" </etc/passwd)
        # shellcheck disable=SC2016
        for script in $(tr -c 'A-Za-z0-9_./~${}+-' '\012' <"$table" | sed -n "s#^\$HOME/#$home/#;s#^\${HOME}/#$home/#;s#^~/#$home/#;/^\\//p" | sort -u); do
            script "$script"
        done
        # cron runs a job in its user's home, and not every table tells whose that is.
        for name in $(tr -c 'A-Za-z0-9_./+-' '\012' <"$table" | sed -n '/^[^/].*\//p' | sort -u); do
            for home in $HOMES; do script "$home/$name"; done
        done
    done
}

script() {
    [ -f "$1" ] && [ "$(dd if="$1" bs=2 count=1)" = '#!' ] && table "$1"
}

table() {
    [ -f "$1" ] || return 0
    [ -r "$1" ] || { record unread "$1" && return 0; }
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
