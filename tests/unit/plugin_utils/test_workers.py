"""What a worker process inherits stays where it is; what it makes itself is collected."""

from __future__ import annotations

import gc
import multiprocessing
import weakref

import pytest

from ansible_collections.mailtls.fleet.plugins.plugin_utils import workers

FORK = multiprocessing.get_context("fork")


class Circle:
    """Garbage that only a collection finds."""

    def __init__(self):
        self.me = self


def garbage():
    return weakref.ref(Circle())


@pytest.fixture
def no_collection():
    gc.disable()
    yield
    gc.enable()


def collect(inherited, answers):
    own = garbage()
    gc.collect()
    answers.put((inherited() is not None, own() is not None))


def test_a_worker_collects_what_it_made_and_nothing_that_it_inherited(no_collection):
    workers.share_memory()
    inherited, answers = garbage(), FORK.SimpleQueue()
    worker = FORK.Process(target=collect, args=(inherited, answers))
    worker.start()
    assert answers.get() == (True, False)
    worker.join()
    gc.collect()
    assert inherited() is None, "the leading process collects as ever"
