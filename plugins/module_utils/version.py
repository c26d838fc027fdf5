# Copyright: (c) 2026, mailtls.fleet contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The version of the collection, for evidence and reports; a test compares it with galaxy.yml."""

VERSION = "0.1.0"
