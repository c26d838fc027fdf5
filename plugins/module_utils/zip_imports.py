# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports out of a zip file, in which Ansible sends a module: each file compiled once.

Python compiles it twice. An import asks for the place of the file; zipimport compiles the file in order to tell whether that is the place
of source or of bytecode, and throws the code away (zipimport.zipimporter.get_filename). There is no bytecode in this zip file.
"""

import importlib.util
import sys
import zipimport


def compile_once():
    """Have modules imported from now on be compiled once, where this one came out of a zip file itself."""
    importer = globals().get("__loader__")
    if isinstance(importer, zipimport.zipimporter):
        sys.meta_path.insert(0, _Finder(importer.archive + "/"))


class _Finder:
    """Finds the modules in packages of an archive; what else there is, it leaves to those that come after it."""

    def __init__(self, archive):
        self._archive = archive

    def find_spec(self, name, path=None, _target=None):
        """Return the ModuleSpec of the module *name* in a package with that *path*, or None where it is not of the archive."""
        for directory in path or ():
            if directory.startswith(self._archive):
                spec = _spec(name, zipimport.zipimporter(directory), f"{directory}/{name.rpartition('.')[2]}")
                if spec is not None:
                    return spec
        return None


def _spec(name, importer, place):
    try:
        is_package = importer.is_package(name)
    except zipimport.ZipImportError:
        return None
    file = f"{place}/__init__.py" if is_package else f"{place}.py"
    return importlib.util.spec_from_file_location(name, file, loader=importer, submodule_search_locations=[place] if is_package else None)
