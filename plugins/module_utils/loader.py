# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the dynamic loader finds the libraries that a program needs, told without running it (ldd(1) may run it).

The order of glibc, ld.so(8): DT_RPATH of the object and of those that loaded it, where the object has no DT_RUNPATH; DT_RUNPATH of the
object; the cache; the default directories. musl has no cache and reads DT_RPATH as DT_RUNPATH; its directories are those of
/etc/ld-musl-ARCH.path. LD_LIBRARY_PATH belongs to one process, not to the host, and is left out.
"""

import collections
import os
import re

from ansible_collections.mailtls.fleet.plugins.module_utils import elf, ld_cache
from ansible_collections.mailtls.fleet.plugins.module_utils.host import Absent, Unreadable

_CACHE = "/etc/ld.so.cache"
_MAX_CACHE = 16 * 1024 * 1024
_PARENTS = ("/lib", "/usr/lib")
_LIB64 = ("/lib64", "/usr/lib64")
_MULTIARCH = re.compile(r".+-linux-(gnu|musl)\w*$")
_MUSL = re.compile(r"/ld-musl-(?P<arch>[\w-]+)\.so\.1$")
_MUSL_DIRECTORIES = ("/lib", "/usr/local/lib", "/usr/lib")
_TOKEN = re.compile(r"\$(?:\{(ORIGIN|LIB)\}|(ORIGIN|LIB)\b)")

_Load = collections.namedtuple("_Load", "libraries missing")


class Loader:
    """The dynamic loader of *host*."""

    def __init__(self, host):
        self._host = host
        self._elves = {}
        self._loads = {}
        self._cache = None
        self._directories = None

    def elf(self, path):
        """Return the Elf of *path*, read once. Raises elf.ElfError."""
        if path not in self._elves:
            try:
                self._elves[path] = elf.read(self._host, path)
            except elf.ElfError as error:
                self._elves[path] = error
        if isinstance(self._elves[path], elf.ElfError):
            raise self._elves[path]
        return self._elves[path]

    def resolve(self, soname, needing, origin, inherited=(), interpreter=None):
        """Return the real path of the library that is loaded as *soname*, or None.

        Args:
            soname: name as it stands in DT_NEEDED; one with a slash is a path.
            needing: Elf of the object that needs it.
            origin: path of that object.
            inherited: directories of the DT_RPATH of the objects that loaded it, the nearest first.
            interpreter: the program's dynamic loader, where *needing* is a library.
        """
        musl = _MUSL.search(interpreter or needing.interpreter or "")
        for candidate in self._candidates(soname, needing, origin, inherited, musl):
            path = self._host.realpath(candidate)
            if self._fits(path, needing.machine):
                return path
        return None

    def closure(self, path, limit=400):
        """Return {path: Elf} of all libraries that the program or library *path* loads when it starts, in load order.

        What cannot be found or read is left out (see `missing`). Raises elf.ElfError when *path* itself can't be read.
        """
        return self._load(path, limit).libraries

    def searched(self, path):
        """Return the paths and directories in which the library *path* itself has what it needs looked for. Raises elf.ElfError."""
        library = self.elf(path)
        named = (found for soname in library.needed if "/" in soname for found in self._expand(soname, path))
        return [*named, *self._search_path(library.rpath, path), *self._search_path(library.runpath, path)]

    def missing(self, path, limit=400):
        """Return the sonames that the program or library *path* needs, and that are not to be found. Raises as `closure`."""
        return self._load(path, limit).missing

    def libraries(self, pattern):
        """Return {path: Elf} of the libraries in the cache and the default directories whose soname *pattern* matches as a whole.

        A file that is there under another name than its soname is not what the loader would take, and is left out.
        """
        wanted = re.compile(pattern)
        found = {}
        for candidate in self._named(wanted):
            path = self._host.realpath(candidate)
            if path in found:
                continue
            try:
                library = self.elf(path)
            except elf.NotElf:
                continue
            except elf.ElfError as error:
                self._host.gap(path, f"this library can't be read: it {error}")
                continue
            if library.soname in (None, os.path.basename(candidate)):
                found[path] = library
        return found

    def _load(self, path, limit):
        if path not in self._loads:
            self._loads[path] = self._walk(path, limit)
        return self._loads[path]

    def _walk(self, path, limit):
        """Breadth first, each soname once: the order in which glibc loads (dl-deps.c)."""
        program = self.elf(path)
        musl = _MUSL.search(program.interpreter or "")
        libraries, missing, names = collections.OrderedDict(), [], set()
        queue = collections.deque([(path, program, ())])
        while queue:
            origin, needing, inherited = queue.popleft()
            for soname in needing.needed:
                if soname in names:
                    continue
                names.add(soname)
                found = self.resolve(soname, needing, origin, inherited, program.interpreter)
                if found is None:
                    missing.append(soname)
                elif found not in libraries and found != path:
                    if len(libraries) == limit:
                        self._host.gap(path, f"needs more than {limit} libraries: the rest was not looked at", "accounts")
                        return _Load(libraries, tuple(missing))
                    libraries[found] = self.elf(found)
                    names.add(libraries[found].soname)
                    queue.append((found, libraries[found], self._handed_on(needing, origin, musl) + inherited))
        return _Load(libraries, tuple(missing))

    def _candidates(self, soname, needing, origin, inherited, musl):
        if "/" in soname:
            yield from self._expand(soname, origin)
            return
        if needing.runpath is None or musl:
            for directory in self._handed_on(needing, origin, musl) + inherited:
                yield directory + "/" + soname
        for directory in self._search_path(needing.runpath, origin):
            yield directory + "/" + soname
        if not musl:
            yield from self._cached().get(soname, ())
        for directory in self._musl_directories(musl.group("arch")) if musl else self._default_directories():
            yield directory + "/" + soname

    def _handed_on(self, needing, origin, musl):
        """The directories in which what *needing* loads is looked for, and all that is loaded by that in turn."""
        text = needing.rpath if needing.runpath is None else needing.runpath if musl else None
        return tuple(self._search_path(text, origin))

    def _search_path(self, text, origin):
        for part in (text or "").split(":"):
            # An empty part is the directory in which the program is started: of no host, but of one process.
            if part:
                yield from self._expand(part, origin)

    def _expand(self, path, origin):
        """Replace $ORIGIN and $LIB (ld.so(8)); what $LIB stands for is compiled in, so each directory that it could be is tried."""
        if "$" not in path:
            return [path] if path.startswith("/") else []
        libs = ["lib64", "lib"] + ["lib/" + name for name in self._multiarch("/lib")] if "LIB" in path else [""]
        values = [{"ORIGIN": os.path.dirname(origin), "LIB": lib} for lib in libs]
        expanded = [_TOKEN.sub(lambda token, value=value: value[token.group(1) or token.group(2)], path) for value in values]
        return [path for path in expanded if path.startswith("/") and "$" not in path]

    def _fits(self, path, machine):
        try:
            return self.elf(path).machine == machine
        except elf.NotElf:
            return False
        except elf.ElfError as error:
            self._host.gap(path, f"this library can't be read: it {error}")
            return False

    def _named(self, wanted):
        for soname, paths in self._cached().items():
            if wanted.fullmatch(soname):
                yield from paths
        seen = set()
        for directory in self._default_directories() + self._all_musl_directories():
            real = self._host.realpath(directory)
            if real not in seen:
                seen.add(real)
                yield from (real + "/" + name for name in self._host.names(real) if wanted.fullmatch(name))

    def _cached(self):
        if self._cache is None:
            self._cache = self._read_cache()
        return self._cache

    def _read_cache(self):
        try:
            return ld_cache.parse(self._host.read(_CACHE, _MAX_CACHE))
        except Absent:
            return {}
        except (Unreadable, ld_cache.CacheError) as error:
            self._host.gap(_CACHE, f"{error}: only libraries in the default directories were found", "accounts")
            return {}

    def _default_directories(self):
        if self._directories is None:
            multiarch = [parent + "/" + name for parent in _PARENTS for name in self._multiarch(parent)]
            self._directories = multiarch + list(_LIB64 + _PARENTS)
        return self._directories

    def _multiarch(self, parent):
        return [name for name in self._host.names(parent) if _MULTIARCH.match(name)]

    def _musl_directories(self, arch):
        text = self._host.text(f"/etc/ld-musl-{arch}.path")
        if text is None:
            return list(_MUSL_DIRECTORIES)
        return [part for part in re.split(r"[:\n]", text) if part.startswith("/")]

    def _all_musl_directories(self):
        loaders = [_MUSL.search("/" + name) for name in self._host.names("/lib")]
        return [directory for loader in loaders if loader for directory in self._musl_directories(loader.group("arch"))]
