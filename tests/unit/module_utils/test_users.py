"""Whose homes there are."""

from __future__ import annotations

import os

import pytest

from ansible_collections.mailtls.fleet.plugins.module_utils import users


@pytest.mark.requires_root
def test_the_users_of_a_domain_have_their_homes_below_its_name(tree):
    for name, uid in {"DOMAIN": 0, "DOMAIN/bob": 1234, "DOMAIN/shared": 0, "carol": 1235, "carol/Mail": 1236}.items():
        (tree.root / "home" / name).mkdir(parents=True)
        os.chown(tree.root / "home" / name, uid, uid)
    found = {(user.name, user.uid, user.home) for user in users.read(tree.host())}
    assert {("bob", 1234, "/home/DOMAIN/bob"), ("carol", 1235, "/home/carol")} <= found
    assert not {home for _name, _uid, home in found} & {"/home/DOMAIN/shared", "/home/carol/Mail"}
