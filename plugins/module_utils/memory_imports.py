# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports of modules whose sources are in memory: the program that the reach `python` sends begins with the text of this file.

So nothing is written on the host, and a module is compiled once, and only where it is needed.
"""

import base64
import importlib.machinery
import marshal
import sys
import zlib


def provide(packed):
    """Have the modules in *packed* found by imports: base64 of a compressed dictionary {name: source}, in the second format of marshal."""
    sys.meta_path.insert(0, Sources(marshal.loads(zlib.decompress(base64.b64decode(packed)))))


class Sources:
    """Finds and loads modules out of {name: source}; packages are whatever the names are inside of."""

    def __init__(self, sources):
        self._sources = sources
        self._packages = set()
        for name in sources:
            while "." in name:
                name = name.rpartition(".")[0]
                self._packages.add(name)

    def find_spec(self, name, path=None, target=None):
        """Return the ModuleSpec of the module or package *name*, or None where it is not of these."""
        if name not in self._sources and name not in self._packages:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=name in self._packages)

    def create_module(self, spec):
        """Leave it to Python to create the module."""
        return

    def exec_module(self, module):
        """Compile and run the *module*; a package is empty."""
        name = module.__name__
        if name in self._sources:
            exec(compile(self._sources[name], name.replace(".", "/") + ".py", "exec", dont_inherit=True), module.__dict__)

    def get_source(self, name):
        """Return the source of the module *name*, as importlib.abc.InspectLoader has it; None where it is a package."""
        return self._sources.get(name)
