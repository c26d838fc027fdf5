"""Secrets, each another, in every place of a host that could hold one: `@@` below stands for one of them.

The configurations are those that clients' manuals show, and what people write beside them: commands, URLs, comments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

MARK = "@@"
# By user. A password need not be one word, nor a configuration with it be well-formed; "{}" is the secret.
SHAPES: Mapping[str, str] = {
    "plain": "{}",
    "spaced": "{} {}",
    "quoted": "{}\"{}'{}",
    "open": '"{}',
    "odd": "{}%{}#{}$/{};{}={}\\{}",
}

_THUNDERBIRD = """user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "outlook.office365.com");
user_pref("mail.server.server1.port", 993);
user_pref("mail.server.server1.socketType", 3);
user_pref("mail.server.server1.password", "@@");
user_pref("mail.server.server1.@@", "@@");
user_pref("network.proxy.http", "http://u:@@@proxy.example.org");
user_pref("security.tls.version.max", 1);
user_pref("oauth.token", '@@');
// @@
"""
_PYTHON = """import imaplib, poplib
PASSWORD = "@@"
box = imaplib.IMAP4_SSL("outlook.office365.com", 993)
box.login("u", "@@")
box.login("u", PASSWORD)
other = imaplib.IMAP4_SSL(host="outlook.office365.com", password="@@", token=f"@@{PASSWORD}")
url = "imaps://u:@@@outlook.office365.com/INBOX"
third = poplib.POP3_SSL("@@" + "outlook.office365.com")  # @@
"""
_PERL = """use Mail::IMAPClient; # @@
my $password = '@@';
my $imap = Mail::IMAPClient->new(Server => 'outlook.office365.com', User => 'u', Password => '@@', Ssl => 1);
my $other = Net::IMAP::Simple->new('outlook.office365.com', use_ssl => 1, token => "@@");
"""
_PHP = """<?php $password = '@@';
$box = imap_open('{outlook.office365.com:993/imap/ssl}INBOX', 'u', '@@');
$other = imap_open("{outlook.office365.com:993/imap/ssl/user=u/authuser=@@}", "u", "@@"); // @@
"""
_RUBY = """require 'net/imap' # @@
imap = Net::IMAP.new('outlook.office365.com', port: 993, ssl: {passphrase: '@@'})
imap.login('u', '@@')
"""
_NODE = """const { ImapFlow } = require('imapflow'); // @@
const box = new ImapFlow({host: 'outlook.office365.com', port: 993, secure: true, auth: {user: 'u', pass: '@@'}, tls: {passphrase: '@@'}});
"""
_MUTTRC = """set my_password="@@"
set imap_user=u
set imap_pass="@@"
set pop_pass=@@
set folder="imaps://u:@@@outlook.office365.com/"
set spoolfile="+INBOX"
set imap_oauth_refresh_command="oauth.py --secret @@"
set tunnel="ssh -i /home/u/@@ mail.example.org imapd"
account-hook imaps://u@outlook.office365.com/ 'set imap_pass=@@'
mailboxes imaps://u:@@@outlook.office365.com/Sent
set ssl_use_tlsv1_2=no
# @@
"""

# Below every user's home. What a reader of ours is known to read: its evidence names each of these.
READ: Mapping[str, str] = {
    ".fetchmailrc": """set postmaster u # @@
poll outlook.office365.com protocol imap plugin "connect @@ %h %p" user "u" password "@@" sslproto "TLS1" ssl preconnect "sh -c 'echo @@'"
poll imap-legacy.office365.com proto pop3 user u with pass @@ and options ssl sslkey "/home/u/@@"
""",
    ".mailrc": """set v15-compat=yes password="@@" # @@
set password-u@outlook.office365.com=@@
account work {
  set folder=imaps://u:@@@outlook.office365.com/ ssl-method=tls1.1
  set smtp-auth-password='@@'
}
shortcut old pop3s://u:@@@outlook.office365.com
""",
    ".gitconfig": """[credential "https://u:@@@example.org"]
  helper = "!echo @@"
[imap]
  host = imaps://outlook.office365.com
  pass = @@
""",
    ".config/himalaya/config.toml": """[accounts.work]
backend.type = "imap"
backend.host = "outlook.office365.com"
backend.auth.raw = "@@" # @@
[accounts.other]
imap.server = "imaps://u:@@@outlook.office365.com"
imap.sasl.plain.password.command = ["echo", "@@"]
""",
    ".mbsyncrc": """IMAPAccount work
Host outlook.office365.com
User u
Pass "@@"
SSLType IMAPS
SSLVersions TLSv1
# @@

IMAPAccount second
Host outlook.office365.com
PassCmd "pass show @@"
SSLType IMAPS

IMAPAccount third
Tunnel "ssh -o ProxyCommand=@@ mail.example.org"
Pass @@
""",
    ".mpoprc": """defaults
tls on
account work
host outlook.office365.com
user u
password @@
passwordeval "pass @@"
tls_key_file /home/u/@@
account second
host outlook.office365.com
password "@@"
# @@
""",
    ".muttrc": _MUTTRC,
    ".config/neomutt/neomuttrc": _MUTTRC,
    ".offlineimaprc": """[general]
accounts = work
pythonfile = ~/@@.py
[Account work]
remoterepository = remote
localrepository = local
[Repository local]
type = Maildir
[Repository remote]
type = IMAP
remotehost = outlook.office365.com
remoteuser = u
remotepass = @@
remotepasseval = get("@@")
oauth2_client_secret = @@
oauth2_refresh_token = @@
oauth2_access_token_eval = token("@@")
ssl_version = tls1
preauthtunnel = ssh @@
# @@
""",
    ".getmail/getmailrc": """[retriever]
type = SimpleIMAPSSLRetriever
server = outlook.office365.com
username = u
password = @@
password_command = ("pass", "@@")
keyfile = /home/u/@@
[destination]
type = MDA_external
path = /bin/deliver
arguments = ("--token", "@@")
# @@
""",
    ".thunderbird/profiles.ini": "[Profile0]\nName=default\nIsRelative=1\nPath=p.default\nDefault=1\n",
    ".thunderbird/p.default/prefs.js": _THUNDERBIRD,
    ".claws-mail/accountrc": """[Account: 1]
account_name=work
receive_server=outlook.office365.com
protocol=3
ssl_imap=1
user_id=u
password=@@
oauth2_refresh_token=@@
gnutls_set_priority=0
smtp_password=@@
""",
    ".sylpheed-2.0/accountrc": """[Account: 1]
account_name=work
receive_server=outlook.office365.com
protocol=3
ssl_imap=1
password=@@
""",
    ".pinerc": """inbox-path={outlook.office365.com/ssl/user=u}INBOX
folder-collections=Work {outlook.office365.com/ssl/user=u/pass=@@}[]
smtp-server=smtp.example.org/user=u/pass=@@
encryption-protocol-range=tls1,tls1_1
sending-filters=/usr/bin/sign --key @@
url-viewers=/usr/bin/browser --token @@
# @@
""",
    ".balsa/config": """[mailbox-0]
Type=LibBalsaMailboxIMAP
Name=work
Server=outlook.office365.com
Username=u
Password=@@
""",
    ".config/evolution/sources/work.source": """[Data Source]
DisplayName=work
Enabled=true
[Mail Account]
BackendName=imapx
[Authentication]
Host=outlook.office365.com
Port=993
User=u
Secret=@@
[Security]
Method=ssl-on-alternate-port
""",
    ".config/geary/account_01/geary.ini": """[Metadata]
version=1
status=enabled
[Account]
label=work
service_provider=other
[Incoming]
login=u
password=@@
host=outlook.office365.com
port=993
transport_security=transport
""",
    ".davmail.properties": """davmail.url=https://u:@@@outlook.office365.com/EWS/Exchange.asmx
davmail.mode=EWS
davmail.oauth.u@example.org.refreshToken=@@
davmail.proxyPassword=@@
davmail.ssl.keystorePass=@@
# @@
""",
    ".imapfilter/config.lua": """local password = '@@'
work = IMAP {
  server = 'outlook.office365.com',
  username = 'u',
  password = '@@',
  ssl = 'tls1',
}
other = IMAP { server = 'outlook.office365.com', username = 'u', password = get_password('@@'), ssl = 'auto' }
os.execute('notify @@')
-- @@
""",
    ".fdm.conf": """$token = "@@"
account "work" imaps server "outlook.office365.com" user "u" pass "@@"
account "second" pop3s server "outlook.office365.com" user "u" pass @@
action "notify" pipe "send @@"
match all action "notify"
# @@
""",
    ".config/akonadi_imap_resource_0rc": """[network]
ImapServer=outlook.office365.com
ImapPort=993
Safety=SSL
UserName=u
Password=@@
""",
    ".mailfilterrc": """SERVER="outlook.office365.com"
USER="u"
PASS="@@"
PROTOCOL="pop3/ssl"
PORT=995
DENY="^Subject:.*@@"
# @@
""",
    ".curlrc": """user = "u:@@"
oauth2-bearer = @@
url = "imaps://u:@@@outlook.office365.com/INBOX"
proxy-user = u:@@
pass = @@
header = "Authorization: Bearer @@"
tls-max = 1.1
# @@
""",
}
# Below every user's home, too: what is nothing but a secret, or a place to look for none.
NOT_READ: Mapping[str, str] = {
    ".netrc": "machine outlook.office365.com login u password @@\n",
    ".git-credentials": "https://u:@@@git.example.org\n",
    ".pgpass": "db.example.org:5432:mail:u:@@\n",
    ".my.cnf": "[client]\npassword=@@\n",
    ".msmtprc": "account work\nhost smtp.office365.com\npassword @@\n",
    ".bash_history": "fetchmail -p @@\nexport PASSWORD=@@\n",
    ".profile": "export PASSWORD=@@ OPENSSL_CONF=/etc/ssl/openssl.cnf TOKEN=@@ # @@\n",
    ".bashrc": "alias sql='mysql -p@@'\nexport LD_LIBRARY_PATH=/opt/x PASSWORD=@@\n",
    ".aws/credentials": "[default]\naws_secret_access_key = @@\n",
    ".ssh/id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY-----\n@@\n-----END OPENSSH PRIVATE KEY-----\n",
    ".gnupg/private-keys-v1.d/key.key": "(private-key @@)\n",
    ".authinfo": "machine outlook.office365.com login u password @@\n",
    ".thunderbird/p.default/logins.json": '{"logins": [{"encryptedPassword": "@@"}]}\n',
    ".config/evolution/sources/.secret": "@@\n",
}
SCRIPTS: Mapping[str, str] = {
    "fetch.py": _PYTHON,
    "fetch.pl": _PERL,
    "fetch.php": _PHP,
    "fetch.rb": _RUBY,
    "fetch.js": _NODE,
    "fetch.sh": """#!/bin/sh
# @@
PASSWORD='@@'
export TOKEN=@@
echo "@@" | fetchmail --user "$PASSWORD" --sslproto TLS1 -f ~/.fetchmailrc
curl -s --user "u:@@" imaps://outlook.office365.com/INBOX
curl --tls-max 1.1 "imaps://u:@@@outlook.office365.com/INBOX"
expect -c 'send "@@\\r"'
cat <<END | openssl s_client -connect outlook.office365.com:993
a1 LOGIN u @@
END
if true; then fetchmail -f - <<< "poll outlook.office365.com password @@"; fi
""",
}
# "~" is the user's home: what starts the scripts above, and clients with a secret in their command line.
CRONTAB = """PASSWORD=@@
MAILTO="@@"
NODE_OPTIONS=--openssl-config=/etc/ssl/openssl.cnf --title=@@
JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStorePassword=@@
*/5 * * * * python3 ~/bin/fetch.py
*/5 * * * * perl ~/bin/fetch.pl
*/5 * * * * php ~/bin/fetch.php
*/5 * * * * ruby ~/bin/fetch.rb
*/5 * * * * node ~/bin/fetch.js
*/5 * * * * sh ~/bin/fetch.sh
*/5 * * * * python3 ~/bin/fetch.py --password @@
*/5 * * * * PASSWORD=@@ perl ~/bin/fetch.pl @@
*/5 * * * * php ~/bin/fetch.php @@
*/5 * * * * ruby ~/bin/fetch.rb -p@@
*/5 * * * * node ~/bin/fetch.js --token=@@
*/5 * * * * sh ~/bin/fetch.sh @@
*/5 * * * * fetchmail --plugin "connect @@" -f ~/.fetchmailrc
*/5 * * * * curl -u u:@@ imaps://outlook.office365.com/INBOX
*/5 * * * * curl --tls-max 1.1 imaps://u:@@@outlook.office365.com/INBOX
*/5 * * * * curl --oauth2-bearer @@ --url imap://u;AUTH=@@@outlook.office365.com/
*/5 * * * * mutt -e 'set imap_pass=@@' -f imaps://u:@@@outlook.office365.com/
*/5 * * * * mbsync -a --@@
*/5 * * * * movemail imaps://u:@@@outlook.office365.com /var/mail/u @@
*/5 * * * * s-nail -S password=@@ -e -f imaps://u:@@@outlook.office365.com/
*/5 * * * * git -c imap.pass=@@ -c imap.host=imaps://outlook.office365.com imap-send
*/5 * * * * sshpass -p @@ ssh mail.example.org fetchmail
*/5 * * * * socat - "OPENSSL:outlook.office365.com:993,cert=/home/u/@@,pass=@@"
*/5 * * * * openssl s_client -pass pass:@@ -connect outlook.office365.com:993
*/5 * * * * /usr/lib/nagios/plugins/check_imap -H outlook.office365.com -p 993 -S -s "a1 LOGIN u @@"
*/5 * * * * imapfilter -e 'IMAP{server="outlook.office365.com", password="@@"}'
*/5 * * * * getmail --rcfile=@@
*/5 * * * * offlineimap -k general:password=@@
*/5 * * * * java -Djavax.net.ssl.keyStorePassword=@@ -jar /opt/fetch.jar
*/5 * * * * LD_LIBRARY_PATH=/opt/lib python3 -c "import imaplib; imaplib.IMAP4_SSL('outlook.office365.com').login('u', '@@')"
*/5 * * * * echo @@ | mail %@@
"""
_UNIT = """[Unit]
Description=fetch @@
[Service]
User=plain
Environment=PASSWORD=@@ "TOKEN=@@" NODE_OPTIONS=--title=@@
EnvironmentFile=-/etc/default/fetch
ExecStart=/usr/bin/fetchmail --plugin @@ -f /home/plain/.fetchmailrc --sslproto TLS1
ExecStartPre=/bin/sh -c 'curl -u u:@@ imaps://outlook.office365.com/'
[Install]
WantedBy=multi-user.target
"""
# Of the system, read by root.
SYSTEM: Mapping[str, str] = {
    "/etc/fetchmailrc": 'poll outlook.office365.com proto imap user "u" pass "@@" ssl sslproto TLS1 # @@\n',
    "/etc/default/fetchmail": "START_DAEMON=yes # @@\nOPTIONS='--plugin @@'\nPASSWORD=@@\n",
    "/etc/default/fetch": "PASSWORD=@@\nNODE_OPTIONS=--title=@@\n",
    "/etc/environment": "TOKEN=@@\nJAVA_TOOL_OPTIONS=-Djavax.net.ssl.keyStorePassword=@@\n",
    "/etc/security/pam_env.conf": "TOKEN DEFAULT=@@\nOPENSSL_CONFIG DEFAULT=@@\n",
    "/etc/ssl/openssl.cnf": """openssl_conf = top
PASSWORD = @@
[top]
ssl_conf = modules
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
PIN = @@
[req]
output_password = @@
[modules]
system_default = all
[all]
MaxProtocol = TLSv1.1
""",
    "/var/log/mail.log": "Nov 29 12:00:00 mail imapfilter[12]: @@\n2026-11-29T12:00:00+00:00 mail offlineimap: @@\n",
    "/etc/gnutls/config": "# @@\n[overrides]\ndisabled-version = tls1.3\n",
    "/etc/Muttrc": _MUTTRC,
    "/etc/dovecot/dovecot.conf": """protocols = imap
imapc_host = outlook.office365.com
imapc_user = u
imapc_password = @@
imapc_ssl = imaps
mail_location = imapc:~/imapc
passdb {
  driver = static
  args = proxy=y host=outlook.office365.com ssl=yes port=993 pass=@@ master=@@
}
ssl_key_password = @@
# @@
""",
    "/etc/haproxy/haproxy.cfg": """global
  ssl-default-server-options ssl-max-ver TLSv1.1
userlist admins
  user u insecure-password @@
listen mail
  mode tcp
  bind 127.0.0.1:1143
  server exchange outlook.office365.com:993 ssl verify none crt /etc/ssl/private/@@
  stats auth u:@@
# @@
""",
    "/etc/nginx/nginx.conf": """events {}
stream {
  server { listen 127.0.0.1:1144; proxy_pass outlook.office365.com:993; proxy_ssl on; proxy_ssl_protocols TLSv1; }
}
mail {
  auth_http http://u:@@@localhost/auth;
  auth_http_header X-Key "@@";
  server { listen 1145; protocol imap; ssl_password_file /etc/@@; }
}
# @@
""",
    "/etc/perdition/perdition.conf": """outgoing_server outlook.office365.com
ssl_mode ssl_outgoing
map_library_opt u:@@@db.example.org
ssl_passphrase_file /etc/@@
# @@
""",
    "/etc/stunnel/mail.conf": """client = yes
engineCtrl = PIN:@@
[imap]
accept = 127.0.0.1:1146
connect = outlook.office365.com:993
sslVersion = TLSv1
PSKsecrets = /etc/@@
protocolUsername = u
protocolPassword = @@
; @@
""",
    "/etc/nagios4/conf.d/mail.cfg": """define command {
  command_name check_mail
  command_line /usr/lib/nagios/plugins/check_imap -H outlook.office365.com -p 993 -S -s "a1 LOGIN u @@" -e @@
}
define service {
  check_command check_mail!@@
  service_description mail
  host_name mail
}
# @@
""",
    "/etc/systemd/system/fetch.service": _UNIT,
    "/etc/cron.d/fetch": "PASSWORD=@@\n*/5 * * * * plain fetchmail --preconnect @@ outlook.office365.com # @@\n",
    "/etc/glpi/config_db.php": "<?php class DB { public $dbpassword = '@@'; }\n",
    "/opt/zammad/config/database.yml": "production:\n  password: @@\n",
    "/opt/otrs/Kernel/Config.pm": "$Self->{DatabasePw} = '@@';\n",
    "/root/.netrc": "machine outlook.office365.com login u password @@\n",
    "/etc/ssl/private/key.pem": "-----BEGIN PRIVATE KEY-----\n@@\n-----END PRIVATE KEY-----\n",
}
# Of the files above, those of which the evidence has to say something.
SYSTEM_READ = (
    "/etc/fetchmailrc", "/usr/lib/ssl/openssl.cnf", "/etc/gnutls/config", "/etc/haproxy/haproxy.cfg", "/etc/nginx/nginx.conf",
    "/etc/stunnel/mail.conf", "/etc/nagios4/conf.d/mail.cfg",
)  # fmt: skip
# Of a running program.
PROCESS_ENVIRONMENT = {
    "PASSWORD": MARK,
    "IMAP_URL": "imaps://u:@@@outlook.office365.com/",
    "NODE_OPTIONS": "--title=@@",
    "JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStorePassword=@@ -Djdk.tls.client.protocols=TLSv1",
    "LD_LIBRARY_PATH": "/opt/lib",
}
PROCESS_ARGUMENTS = ("--password", MARK, "--token=@@", "imaps://u:@@@outlook.office365.com/", "/dev/@@/x", "@@/y")
# Programs that are not on the host, so that what they would run is read.
STAND_INS = ("/usr/bin/php", "/usr/bin/ruby", "/usr/bin/node")

_USER = r"HKU\S-1-5-21-1-2-3-1001"
_PROFILE = _USER + r"\Software\Microsoft\Office\16.0\Outlook\Profiles\Outlook\9375CFF0413111d3B88A00104B2A6676\00000002"
# A Windows registry: values by key, as (type, data); and files.
REGISTRY: Mapping[str, Mapping[str, tuple[str, str]]] = {
    _PROFILE: {
        "clsid": ("REG_SZ", "{ED475412-B0D6-11D2-8C3B-00104B2A6676}"),
        "Account Name": ("REG_SZ", "alice@example.org"),
        "IMAP Server": ("REG_SZ", "imap-legacy.office365.com"),
        "IMAP Port": ("REG_DWORD", "0x3e1"),
        "IMAP Use SSL": ("REG_DWORD", "0x1"),
        "IMAP Password": ("REG_SZ", "@@"),
        "POP3 Password": ("REG_SZ", "@@"),
        "SMTP Password": ("REG_SZ", "@@"),
        "IMAP User": ("REG_SZ", "alice"),
        "EAS Password": ("REG_SZ", "@@"),
    },
    _USER + r"\Environment": {"TOKEN": ("REG_SZ", "@@")},
    _USER + r"\Software\Microsoft\Windows\CurrentVersion\Internet Settings": {
        "ProxyServer": ("REG_SZ", "http://u:@@@proxy:3128"),
        "SecureProtocols": ("REG_DWORD", "0xa80"),
    },
    _USER + r"\Software\Microsoft\Windows\CurrentVersion\Run": {"fetch": ("REG_SZ", "fetch.exe /password @@")},
    _USER + r"\Software\Microsoft\Windows\CurrentVersion\Uninstall\F": {
        "DisplayName": ("REG_SZ", "F"),
        "UninstallString": ("REG_SZ", "msiexec /x F KEY=@@"),
        "Serial": ("REG_SZ", "@@"),
    },
    r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion": {"ProductId": ("REG_SZ", "@@"), "CurrentBuildNumber": ("REG_SZ", "19045")},
    r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon": {"DefaultPassword": ("REG_SZ", "@@")},
    r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\Secrets": {"S": ("REG_SZ", "@@")},
    r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment": {"PASSWORD": ("REG_SZ", "@@")},
    r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration": {"ProductKey": ("REG_SZ", "@@")},
    r"HKLM\SOFTWARE\Vendor\Mail": {"Password": ("REG_SZ", "@@")},
    r"HKLM\SYSTEM\CurrentControlSet\Services\fetch": {"ImagePath": ("REG_SZ", "fetch.exe /password @@")},
}
WINDOWS_FILES: Mapping[str, str] = {
    r"C:\Users\alice\AppData\Roaming\Thunderbird\profiles.ini": "[Profile0]\nIsRelative=1\nPath=Profiles/x.default\n",
    r"C:\Users\alice\AppData\Roaming\Thunderbird\Profiles\x.default\prefs.js": _THUNDERBIRD,
    r"C:\Users\alice\AppData\Roaming\Thunderbird\Profiles\x.default\logins.json": '{"logins": [{"encryptedPassword": "@@"}]}\n',
    r"C:\Users\alice\_netrc": "machine outlook.office365.com login u password @@\n",
    r"C:\Users\alice\AppData\Local\Microsoft\Windows Live Mail\a\account{1}.oeaccount": "<IMAP_Password2>@@</IMAP_Password2>\n",
}


class Plants:
    """Secrets, and where each of them was planted."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def secret(self, place: str) -> str:
        """Make a secret for *place*."""
        secret = f"planted{len(self.places):04}zq"
        self.places[secret] = place
        return secret

    def text(self, template: str, place: str, shape: str = "{}") -> str:
        """Return *template* with another secret of that shape in place of each mark."""
        return self.replaced(template, place, lambda secret: shape.replace("{}", secret))

    def replaced(self, template: str, place: str, shaped: Callable[[str], str]) -> str:
        """Return *template* with what *shaped* makes of another secret in place of each mark."""
        first, *rest = template.split(MARK)
        lines = first.count("\n") + 1
        for number, part in enumerate(rest):
            first += shaped(self.secret(f"{place}, line {lines}, no. {number + 1}")) + part
            lines += part.count("\n")
        return first

    def found_in(self, text: bytes) -> set[str]:
        """Return the places of the secrets that are in *text*, whatever its letters' case."""
        lowered = text.lower()
        if b"planted" not in lowered:
            return set()
        return {place for secret, place in self.places.items() if secret.encode() in lowered}
