"""The policy that crypto-policies' files name, as update-crypto-policies reads them."""

from __future__ import annotations

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils.settings import crypto_policies


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("DEFAULT\n", ("DEFAULT", 1)),
        ("# LEGACY\n\n#FUTURE\n  default:no-sha1  # ours\n", ("DEFAULT:NO-SHA1", 4)),
        ("LEGACY\nAD-SUPPORT\nOLD:MAIL\n", ("LEGACY:AD-SUPPORT:OLD:MAIL", 1)),
        ("DEFAULT::\n", ("DEFAULT", 1)),
        ("DEFAULT", ("DEFAULT", 1)),
    ],
)
def test_the_policy_with_its_modules_and_its_line(text, policy):
    assert crypto_policies.parse(text, "policy") == ("policy", *policy)


@pytest.mark.parametrize("text", ["", "\n\n", "# DEFAULT\n", ":\n"])
def test_a_file_may_name_none(text):
    assert crypto_policies.parse(text, "applied") is None
