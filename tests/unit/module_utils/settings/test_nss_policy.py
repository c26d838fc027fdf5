"""The policy of NSS means to us what it means to NSS: each case is also put to this machine's own library, as the system's policy is."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.host import Host
from ansible_collections.mailtls.fleet.plugins.module_utils.loader import Loader
from ansible_collections.mailtls.fleet.plugins.module_utils.settings import nss_policy
from ansible_collections.mailtls.fleet.plugins.module_utils.settings.errors import GrammarError

MODULE = "library=\nname=Policy\nNSS=flags=policyOnly,moduleDB\n"
BOTH = "tls-version-min=tls1.2:tls-version-max=tls1.2"

CASES = {
    "nothing": "",
    "as crypto-policies writes it": MODULE + f'config="disallow=ALL allow=HMAC-SHA256:{BOTH}:dtls-version-min=dtls1.0"\n\n\n',
    "no empty line at the end": MODULE + f'config="allow={BOTH}"\n',
    "no line feed at the end": MODULE + f'config="allow={BOTH}"',
    "without quotes": MODULE + f"config=disallow=MD5 allow={BOTH}\n",
    "in any case": MODULE + 'CONFIG="ALLOW=TLS-Version-Min=TLS1.2:tls-version-max=Tls1.2"\n',
    "disallow before allow": MODULE + 'config="allow=tls-version-min=tls1.2 disallow=tls-version-min=tls1.1"\n',
    "enable after allow": MODULE + 'config="enable=tls-version-min=tls1.2 allow=tls-version-min=tls1.1"\n',
    "the first of two lists": MODULE + 'config="allow=tls-version-min=tls1.2 allow=tls-version-min=tls1.1"\n',
    "the last of two values": MODULE + 'config="allow=tls-version-min=tls1.2:tls-version-min=tls1.1"\n',
    "a bad value ends it": MODULE + 'config="allow=tls-version-max=tls1.1:rsa-min=much:tls-version-min=tls1.0"\n',
    "unknown words are passed over": MODULE + 'config="allow=nonsense:x=y:tls-version-max=tls1.1"\n',
    "numbers": MODULE + 'config="allow=tls-version-min=769:tls-version-max=0"\n',
    "no commas": MODULE + 'config="allow=RSA,tls-version-max=tls1.1"\n',
    "a purpose is no version": MODULE + 'config="allow=tls-version-max=tls1.1/ssl"\n',
    "other names of versions": MODULE + 'config="allow=tls-version-min=SSL3.1:tls-version-max=dtls1.0"\n',
    "spaces": MODULE + '  config="  allow=tls-version-max=tls1.1  "  \n',
    "single quotes are a part of it": MODULE + "config='allow=tls-version-max=tls1.1'\n",
    "quotes inside": MODULE + "config=\"allow='tls-version-max=tls1.1'\"\n",
    "comments": "# a\n" + MODULE + '#config="allow=tls-version-max=tls1.2"\nconfig="allow=tls-version-max=tls1.1"\n# b\n',
    "on one line": 'library=\nname="Policy" NSS="flags=policyOnly,moduleDB" config="allow=tls-version-max=tls1.1"\n',
    "two modules": MODULE + 'config="allow=tls-version-max=tls1.1"\n\n' + MODULE + 'config="allow=tls-version-min=tls1.0"\n',
    "two in one module": MODULE + 'config="allow=tls-version-max=tls1.1"\nconfig="allow=tls-version-min=tls1.0"\n',
    "a quote without end": MODULE + 'config="allow=tls-version-max=tls1.1\n',
    "carriage returns": (MODULE + f'config="allow={BOTH}"\n\n').replace("\n", "\r\n"),
    "too long a line": MODULE + 'config="allow=' + "AES:" * 600 + 'tls-version-max=tls1.1"\n',
}
NUMBERS = {"ssl3.1": 0x301, "tls1.0": 0x301, "tls1.1": 0x302, "dtls1.0": 0x302, "tls1.2": 0x303, "tls1.3": 0x304}
UNSET = [0x1, 0xFFFF]

# Loads the policy as NSS_Init loads the system's (lib/nss/nssinit.c), then prints NSS_TLS_VERSION_MIN_POLICY and _MAX_POLICY.
ASK = r"""
import ctypes, json, os, sys
nss, answers = ctypes.CDLL(sys.argv[1]), []
nss.SECMOD_LoadModule.restype = ctypes.c_void_p
for directory in sys.argv[2:]:
    reading, writing = os.pipe()
    if not os.fork():
        nss.NSS_NoDB_Init(None)
        module = f"name=\"Policy File\" parameters=\"configdir='sql:{directory}' secmod='nss.config' "
        module += "flags=readOnly,noCertDB,forceSecmodChoice,forceOpen\" NSS=\"flags=internal,moduleDB,skipFirst,moduleDBOnly,critical\""
        nss.SECMOD_LoadModule(module.encode(), None, 1)
        for option in (8, 9):
            value = ctypes.c_int32()
            nss.NSS_OptionGet(option, ctypes.byref(value))
            os.write(writing, b"%d " % value.value)
        os._exit(0)
    os.wait()
    answers.append([int(value) for value in os.read(reading, 100).split()])
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The lowest and the highest version that this machine's NSS takes from each case's policy."""
    libraries = list(Loader(Host()).libraries(r"libnss3\.so"))
    if not libraries:
        pytest.skip("needs NSS (Debian package libnss3)")
    directories = [tmp_path_factory.mktemp("nss") for _ in CASES]
    for directory, text in zip(directories, CASES.values(), strict=True):
        (directory / "nss.config").write_bytes(text.encode())
    command = [sys.executable, "-c", ASK, libraries[0], *map(str, directories)]
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    return dict(zip(CASES, json.loads(output), strict=True))


def read(text: str) -> list[int]:
    try:
        settings = {setting.key: setting.value for setting in nss_policy.parse(text)}
    except GrammarError:
        return UNSET
    values = [settings.get(key) for key in ("tls-version-min", "tls-version-max")]
    return [
        unset if value is None else int(value) if re.fullmatch(r"\d+", value) else NUMBERS[value.lower()]
        for value, unset in zip(values, UNSET, strict=True)
    ]


@pytest.mark.parametrize("name", list(CASES))
def test_the_library_takes_from_it_what_we_read(told, name):
    assert told[name] == read(CASES[name])


def test_the_cases_tell_one_from_another(told):
    assert len(set(map(tuple, told.values()))) > 6


def test_a_setting_tells_where_it_stands():
    assert nss_policy.parse("# a\n" + MODULE + f'config="allow={BOTH}"\n') == [
        ("tls-version-min", "tls1.2", 5),
        ("tls-version-max", "tls1.2", 5),
    ]
